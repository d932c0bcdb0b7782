"""Which addresses count as one caller."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


def address_in(text: str) -> IPv4Address | IPv6Address | None:
    """The address that this is, such as 127.0.0.1; None for a name, or anything else."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def network_of(address: str) -> str:
    """The addresses that one caller has: a single IPv4 address, or a /64 network of IPv6."""
    found = address_in(address)
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ip_network((found, 64), strict=False))
    return address if found is None else str(found)
