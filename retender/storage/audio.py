"""The name and size of an upload that is stored."""

from __future__ import annotations

import msgspec


class Audio(msgspec.Struct, frozen=True):
    """An upload, unchanged. The SHA-256 of its content is its name in the blob store."""

    sha256: str
    size: int
