"""The interface of both ways to transcribe: by a running service, or in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from retender.errors import RetenderError
from retender.transcript.formats import Format


class RecordingSource(msgspec.Struct, frozen=True):
    """A local file, or the URL of a recording."""

    at: Path | str

    @property
    def name(self) -> str:
        return self.at.name if isinstance(self.at, Path) else self.at

    def __str__(self) -> str:
        return str(self.at)


class TranscriptionRequest(msgspec.Struct, frozen=True):
    """Options that all recordings of one command share."""

    fields: Mapping[str, str]
    """Fields as in a submission form."""
    kind: Format = "txt"


class TranscriptionStep(msgspec.Struct, frozen=True):
    """Progress of one recording."""

    message: str
    percent: float
    remaining: float | None = None
    """Estimated seconds; None if unknown."""


OnStep = Callable[[TranscriptionStep], None]


class NotTranscribed(RetenderError):
    """The job failed or was cancelled; the message is its reason."""

    code = "not_transcribed"


class TranscriptionBackend(Protocol):
    async def transcribe(
        self, source: RecordingSource, request: TranscriptionRequest, watch: OnStep
    ) -> str:
        """Return the transcript in the requested format. Raises `NotTranscribed` if the job fails.
        Cancelling this call cancels the job."""
