"""Ears for the stand-in Groq: the digits model hears what really is in an upload."""

from __future__ import annotations

import asyncio
import io
import math
from pathlib import Path
from typing import Any

from retender.transcript.languages import LANGUAGES
from tests.support.groq.rules import Asked, Heard
from tests.support.paths import DIGITS


class DigitsEar:
    def __init__(self, model: Path = DIGITS) -> None:
        from faster_whisper import WhisperModel  # type: ignore[import-untyped] # noqa: PLC0415 - untyped; heavy

        self._model = WhisperModel(str(model), device="cpu", compute_type="int8", cpu_threads=1)

    async def __call__(self, asked: Asked) -> Heard:
        return await asyncio.to_thread(self._hear, asked)

    def text(self, recording: Path, language: str) -> str:
        """What it hears in it where nobody has taken it apart."""
        heard = self._listen(recording.read_bytes(), language)
        return " ".join(" ".join(text for _, _, text in heard.segments).split())

    def _hear(self, asked: Asked) -> Heard:
        return self._listen(asked.audio, asked.field("language"))

    def _listen(self, audio: bytes, language: str) -> Heard:
        found, info = self._model.transcribe(
            io.BytesIO(audio),
            language=language or None,
            condition_on_previous_text=False,
            word_timestamps=True,
        )
        segments = list(found)
        logprob = min((segment.avg_logprob for segment in segments), default=0.0)
        return Heard(
            info.duration,
            tuple(_timed(segment, segment.text) for segment in segments),
            language=LANGUAGES[info.language].title(),
            logprob=logprob if math.isfinite(logprob) else -1.0,
            words=tuple(
                _timed(word, word.word) for segment in segments for word in segment.words or ()
            ),
        )


def _timed(part: Any, text: str) -> tuple[float, float, str]:
    """Times come as numpy's numbers or as Python's."""
    return float(part.start), float(part.end), text
