"""What can be set about the Groq engine."""

from __future__ import annotations

import hashlib

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
"""Groq's name for each model that may be asked for here; for any other its default stands in."""


class GroqSettings(msgspec.Struct, frozen=True, kw_only=True):
    api_key: str
    base_url: str = "https://api.groq.com"
    model: str = "whisper-large-v3-turbo"
    translation_model: str = "whisper-large-v3"
    """The turbo model does not translate."""
    proxy: str | None = None
    lanes: int = 4
    """Requests side by side."""
    file_bytes: int = 25_000_000
    """A larger upload is decoded here and sent in parts."""
    chunk_seconds: float = 300.0
    """The longest part. Even where nothing can be compressed it is well within `file_bytes`."""
    answer_seconds: float = 300.0
    """Groq is given up on when nothing is heard of it for so long."""
    max_wait: float = 20.0
    """Seconds. An order that would have to wait for room for longer is given back."""
    heartbeat: float = 5.0
    """Seconds between signs of life while an order waits."""
    limits: UsageLimits = UsageLimits()

    def __repr__(self) -> str:
        return f"GroqSettings({self.model} at {self.base_url})"

    @property
    def address(self) -> str:
        """Clients of other makers want the whole path in it; the SDK adds it itself."""
        return self.base_url.rstrip("/").removesuffix("/openai/v1")

    def model_for(self, options: Options) -> str:
        if options.task is Task.TRANSLATE:
            return self.translation_model
        return MODELS.get(options.model, self.model)

    def account(self, model: str) -> str:
        """Names what the limits are counted for, without telling the key."""
        parts = f"{self.address}\n{self.api_key}\n{model}"
        return hashlib.sha256(parts.encode()).hexdigest()[:16]
