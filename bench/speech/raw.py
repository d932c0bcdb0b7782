"""faster-whisper by itself, as its README has it, in its three modes with their defaults."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.speech.measure import CORES, Figures, Heard
from bench.speech.recordings import Recording

MODES: Final = ("sequential", "vad", "batched")


class Raw:
    """Loading is not counted."""

    def __init__(self, folder: Path, mode: str, beam: int) -> None:
        package: Any = importlib.import_module("faster_whisper")
        model = package.WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=CORES
        )
        self._model = package.BatchedInferencePipeline(model) if mode == "batched" else model
        self._how: dict[str, Any] = {"vad_filter": True} if mode == "vad" else {}
        self._how["beam_size"] = beam

    def one_after_the_other(self, recordings: Sequence[Recording], asked: str | None) -> Figures:
        """`asked`: in this language; None: in whichever it hears."""
        begun, busy = time.perf_counter(), time.process_time()
        heard = [self._heard(recording, asked) for recording in recordings]
        took = time.perf_counter() - begun
        return Figures(took, time.process_time() - busy, heard)

    def _heard(self, recording: Recording, asked: str | None) -> Heard:
        sound = recording.sound.astype(np.float32) / np.float32(32768)
        segments, info = self._model.transcribe(sound, language=asked, **self._how)
        text = " ".join(segment.text for segment in segments)
        return Heard(text, info.language)
