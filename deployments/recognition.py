"""Recognition on this machine: its workers, and what they are given to work with."""

from __future__ import annotations

import importlib.util
import os

from actors.runtime.api import Recipe
from actors.transcriber_pool import PoolSettings
from deployments.resources import resources
from deployments.settings import BadSetting, Settings
from deployments.whisper import library, whisper
from retender.audio import ffmpeg
from retender.audio.speech import DetectorName
from retender.engines.faster_whisper.engine import WhisperEngine
from retender.engines.models.library import Library
from retender.engines.preparation import Preparation
from retender.errors import InvalidOption
from retender.sizing import Bounds


def installed() -> bool:
    return importlib.util.find_spec("faster_whisper") is not None


def preparation(settings: Settings) -> Preparation:
    """How recordings are decoded here, whatever engine hears them."""
    return Preparation(
        ffmpeg=ffmpeg.find(os.environ.get("PATH", "")),
        most_seconds=settings.max_audio_seconds,
        detector=DetectorName.SILERO if installed() else DetectorName.ENERGY,
    )


def pool(settings: Settings) -> PoolSettings:
    """One worker whose lanes share the weights: more workers would cost their memory again.

    Raises `BadSetting` where DEFAULT_MODEL stands for nothing: every job would fail of it.
    """
    try:
        Library(library(settings)).named(settings.default_model)
    except InvalidOption as error:
        raise BadSetting(f"DEFAULT_MODEL is not right: {error.message}.") from error
    data = settings.data_dir.absolute()
    engine = Recipe.of(
        WhisperEngine,
        settings=whisper(settings, resources()),
        root=str(data),
        preparation=preparation(settings),
    )
    return PoolSettings(engine=engine, host="process", bounds=Bounds(least=1, most=1))
