"""Recognition on this machine: its pool of workers and their engine."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

from actors.runtime.api import Recipe
from actors.workers.transcriber_pool import PoolSettings
from deployments.settings import BadSetting, Settings
from deployments.wiring import storage
from deployments.wiring.resources import resources
from deployments.wiring.whisper import library, whisper
from retender.audio import ffmpeg
from retender.audio.speech import DetectorName
from retender.engines.faster_whisper.engine import WhisperEngine
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.engines.models.library import Library
from retender.engines.preparation import Preparation
from retender.errors import InvalidOption
from retender.scheduling.engine_choice import LOCAL
from retender.scheduling.pool_size import Bounds


def installed() -> bool:
    return importlib.util.find_spec("faster_whisper") is not None


def preparation(settings: Settings) -> Preparation:
    """How recordings are decoded here, for every engine."""
    return Preparation(
        ffmpeg=ffmpeg.find(os.environ.get("PATH", "")),
        most_seconds=settings.max_audio_seconds,
        detector=DetectorName.SILERO if installed() else DetectorName.ENERGY,
    )


def check(settings: Settings, *more: str) -> None:
    """Raises `BadSetting` if DEFAULT_MODEL or a pool's model is unknown: every job would fail."""
    known = Library(library(settings))
    for what, model in (("DEFAULT_MODEL", settings.default_model), *(("a pool", m) for m in more)):
        try:
            known.named(model)
        except InvalidOption as error:
            raise BadSetting(f"{what} is not right: {error.message}.") from error


def pool(settings: Settings) -> PoolSettings:
    """One worker: its lanes share the model's memory, a second worker would need it again."""
    check(settings)
    recipe = Recipe.of(
        engine,
        settings=whisper(settings, resources()),
        preparation=preparation(settings),
        **storage.place(settings),
    )
    return PoolSettings(engine=recipe, host="process", bounds=Bounds(least=1, most=1))


def engine(
    settings: WhisperSettings | dict[str, Any],
    preparation: Preparation | dict[str, Any],
    serves: str = LOCAL,
    **place: Any,
) -> WhisperEngine:
    """Make the engine in its worker. The arguments are plain dicts if the recipe came from another
    process."""
    blobs = storage.blobs(**place)
    return WhisperEngine(settings, blobs=blobs, preparation=preparation, name=serves)
