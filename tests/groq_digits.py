"""Ears for the stand-in Groq: the digits model hears what really is in an upload."""

from __future__ import annotations

import asyncio
import io
import math
from pathlib import Path
from typing import Final

from faster_whisper import WhisperModel

from retender.languages import LANGUAGES
from tests.groq_service import Asked, Heard

DIGITS: Final = Path(__file__).parents[1] / "models" / "digits"


class DigitsEar:
    def __init__(self, model: Path = DIGITS) -> None:
        self._model = WhisperModel(str(model), device="cpu", compute_type="int8", cpu_threads=1)

    async def __call__(self, asked: Asked) -> Heard:
        return await asyncio.to_thread(self._hear, asked)

    def _hear(self, asked: Asked) -> Heard:
        found, info = self._model.transcribe(
            io.BytesIO(asked.audio),
            language=asked.field("language") or None,
            condition_on_previous_text=False,
        )
        segments = list(found)
        logprob = min((segment.avg_logprob for segment in segments), default=0.0)
        return Heard(
            info.duration,
            tuple((segment.start, segment.end, segment.text) for segment in segments),
            language=LANGUAGES[info.language].title(),
            logprob=logprob if math.isfinite(logprob) else -1.0,
        )
