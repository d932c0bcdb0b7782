"""Checks a recording while it arrives, so that a bad one is refused as soon as this is known."""

from __future__ import annotations

from retender.audio.containers import ACCEPTED, HEAD_BYTES, foreign_type
from retender.errors import TooLarge, UnsupportedMedia


class FirstBytes:
    """The beginning of a recording, by which other kinds of files are recognised."""

    def __init__(self) -> None:
        self._head = b""

    def check(self, data: bytes) -> None:
        """Look at the next bytes of the recording. Raises `UnsupportedMedia` for other files."""
        if len(self._head) < HEAD_BYTES:
            self._head += data[: HEAD_BYTES - len(self._head)]
            if (what := foreign_type(self._head)) is not None:
                accepted = ", ".join(ACCEPTED)
                raise UnsupportedMedia(
                    f"this is {what}, not a recording; accepted are {accepted}",
                    accepted=list(ACCEPTED),
                )


def check_size(size: int, most: int) -> None:
    """For recordings that arrive in parts or are fetched. What arrives in one request is bounded by
    the store that it is written to, and by `middleware.bodies`."""
    if size > most:
        raise TooLarge(f"the upload exceeds {most} bytes", limit=most)
