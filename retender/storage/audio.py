"""The name and size of an upload that is stored."""

from __future__ import annotations

import msgspec


class Audio(msgspec.Struct, frozen=True):
    """The upload as it came: its content's SHA-256 is its name in the blob store."""

    sha256: str
    size: int
