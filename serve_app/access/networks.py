"""Which addresses count as one caller."""

from __future__ import annotations

import ipaddress


def network_of(address: str) -> str:
    """The addresses that one caller has: a single IPv4 address, or a /64 network of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
