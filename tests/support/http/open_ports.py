"""Where processes listen, as the kernel tells it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LISTENING = "0A"
NOWHERE = ("203.0.113.1", 9)


class Place(NamedTuple):
    host: ipaddress.IPv4Address | ipaddress.IPv6Address
    port: int


def open_to_others(pids: Iterable[int]) -> set[int]:
    """The ports at which other machines could reach these processes."""
    return {place.port for pid in pids for place in listening(pid) if not place.host.is_loopback}


def listening(pid: int) -> Iterator[Place]:
    mine = set(_sockets(pid))
    for table in ("tcp", "tcp6"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just gone
            for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == LISTENING and words[9] in mine:
                    yield _place(words[1])


def outward() -> str | None:
    """An address of this machine's that is not the loopback one. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking, suppress(OSError):
        asking.connect(NOWHERE)
        host: str = asking.getsockname()[0]
        return None if ipaddress.ip_address(host).is_loopback else host
    return None


def _sockets(pid: int) -> Iterator[str]:
    with suppress(FileNotFoundError, ProcessLookupError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                target = str(descriptor.readlink())
                if target.startswith("socket:["):
                    yield target[len("socket:[") : -1]


def _place(said: str) -> Place:
    """The kernel writes words of four bytes, each in the machine's own order."""
    host, port = said.split(":")
    words = (bytes.fromhex(host[at : at + 8])[::-1] for at in range(0, len(host), 8))
    found = ipaddress.ip_address(b"".join(words))
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return Place(mapped or found, int(port, 16))
