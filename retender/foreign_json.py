"""Reads JSON that somebody else has written: a client, another service, a file on the disk.

msgspec tells of most errors by `DecodeError`. Of bytes that are not UTF-8, and of values that are
nested too deeply, it tells by exceptions that a caller does not expect from JSON. Here each of them
is a `DecodeError`.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")


def decode(data: bytes | str, kind: type[T], *, strict: bool = True) -> T:
    """Raises `msgspec.DecodeError`, and nothing else, whatever the data are."""
    try:
        return msgspec.json.decode(data, type=kind, strict=strict)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError("the JSON is not UTF-8") from error
    except RecursionError as error:
        raise msgspec.DecodeError("the JSON is nested too deeply") from error
