"""The settings of the Groq engine."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from retender.jobs.job import Options, Task
from retender.workers.usage import UsageLimits

MODELS = {
    "turbo": "whisper-large-v3-turbo",
    "large-v3-turbo": "whisper-large-v3-turbo",
    "whisper-large-v3-turbo": "whisper-large-v3-turbo",
    "large-v3": "whisper-large-v3",
    "whisper-large-v3": "whisper-large-v3",
}
"""Groq's name for each model that clients may ask for; for any other name the default is used."""

LANES: Final = 4


class GroqSettings(msgspec.Struct, frozen=True, kw_only=True):
    api_key: str
    base_url: str = "https://api.groq.com"
    model: str = "whisper-large-v3-turbo"
    translation_model: str = "whisper-large-v3"
    """The turbo model does not translate."""
    proxy: str | None = None
    lanes: int = LANES
    """Requests in parallel."""
    file_bytes: int = 25_000_000
    """A larger upload is decoded here and sent in parts."""
    chunk_seconds: float = 300.0
    """The longest part. Even if it cannot be compressed, it is shorter than `file_bytes`."""
    answer_seconds: float = 300.0
    """A request fails if Groq sends nothing for so long."""
    max_wait: float = 20.0
    """Seconds. An order that must wait longer for the rate limit is returned as `Declined`."""
    longest_wait: float | None = None
    """Seconds. An order that must wait longer for the rate limit fails; None: it waits."""
    heartbeat: float = 5.0
    """Seconds between heartbeats while an order waits."""
    limits: UsageLimits = UsageLimits()

    def __repr__(self) -> str:
        return f"GroqSettings({self.model} at {self.base_url})"

    @property
    def address(self) -> str:
        """Other clients need the whole path in the URL; the SDK adds it itself."""
        return self.base_url.rstrip("/").removesuffix("/openai/v1")

    def model_for(self, options: Options) -> str:
        if options.task is Task.TRANSLATE:
            return self.translation_model
        return MODELS.get(options.model, self.model)

    def account(self, model: str) -> str:
        """A name for what the limits are counted for: a hash, so that the key stays secret."""
        parts = f"{self.address}\n{self.api_key}\n{model}"
        return hashlib.sha256(parts.encode()).hexdigest()[:16]
