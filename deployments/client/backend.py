"""Where recordings are handed in and their transcripts got back, whoever does the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from retender.errors import RetenderError
from retender.transcript.formats import Format


class Source(msgspec.Struct, frozen=True):
    """A file of this machine, or an address that the recording is fetched from."""

    at: Path | str

    @property
    def name(self) -> str:
        return self.at.name if isinstance(self.at, Path) else self.at

    def __str__(self) -> str:
        return str(self.at)


class TranscriptionRequest(msgspec.Struct, frozen=True):
    """What is wanted of each recording."""

    fields: Mapping[str, str]
    """As a form of the service has them."""
    kind: Format = "txt"


class TranscriptionStep(msgspec.Struct, frozen=True):
    """How far it is, for whoever watches."""

    message: str
    percent: float
    remaining: float | None = None
    """Seconds, as far as anyone can tell."""


OnStep = Callable[[TranscriptionStep], None]


class NotTranscribed(RetenderError):
    """With the reason, as the job gives it."""

    code = "not_transcribed"


class TranscriptionBackend(Protocol):
    async def transcribe(self, source: Source, request: TranscriptionRequest, watch: OnStep) -> str:
        """The transcript as a file. Raises `NotTranscribed` when it comes to nothing; when it is
        called off, so is the work."""
