"""Which engine this machine has, and what it is given to work with."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from actors.runtime.api import Recipe
from actors.transcriber_pool import PoolSettings
from deployments.settings import Settings
from retender.audio import ffmpeg
from retender.engines.faster_whisper.engine import WhisperEngine
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.engines.models.library import LibrarySettings
from retender.engines.preparation import Preparation
from retender.sizing import Bounds

DIGITS = Path(__file__).parents[1] / "models" / "digits"
"""The model that comes with Retender: spoken digits, to try it without any download."""


def installed() -> bool:
    return importlib.util.find_spec("faster_whisper") is not None


def pool(settings: Settings) -> PoolSettings:
    """One worker whose lanes share the weights: more workers would cost their memory again."""
    data = settings.data_dir.absolute()
    whisper = WhisperSettings(
        library=LibrarySettings(
            root=str(data / "models"),
            folders={"digits": str(DIGITS)},
            offline=settings.offline,
        ),
        default=settings.default_model,
        lanes=min(settings.max_concurrent_jobs, os.cpu_count() or 1),
    )
    preparation = Preparation(
        ffmpeg=ffmpeg.find(os.environ.get("PATH", "")), most_seconds=settings.max_audio_seconds
    )
    engine = Recipe.of(WhisperEngine, settings=whisper, root=str(data), preparation=preparation)
    return PoolSettings(engine=engine, host="process", bounds=Bounds(least=1, most=1))
