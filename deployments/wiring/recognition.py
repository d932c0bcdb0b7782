"""Recognition on this machine: its pool of workers and their engine."""

from __future__ import annotations

import importlib.util
import os

from actors.runtime.api import Recipe
from actors.workers.transcriber_pool import PoolSettings
from deployments.settings import BadSetting, Settings
from deployments.wiring import storage
from deployments.wiring.resources import resources
from deployments.wiring.whisper import default_model, library, own_folder, whisper
from deployments.wiring.whisper_engine import engine
from retender.audio import ffmpeg
from retender.audio.speech import DetectorName
from retender.engines.models.genuine import differences
from retender.engines.models.library import Library
from retender.engines.models.sources.api import NEEDED
from retender.engines.models.sources.places import is_whole
from retender.engines.preparation import Preparation
from retender.errors import InvalidOption
from retender.scheduling.pool_size import Bounds


def installed() -> bool:
    return importlib.util.find_spec("faster_whisper") is not None


def offered(settings: Settings) -> bool:
    """Whether this machine recognises speech itself. In the `koyeb` profile it never does: not even
    the detector of speech is loaded, which would take half of the memory."""
    return settings.profile != "koyeb" and installed()


def preparation(settings: Settings) -> Preparation:
    """How recordings are decoded here, for every engine."""
    return Preparation(
        ffmpeg=ffmpeg.find(os.environ.get("PATH", "")),
        most_seconds=settings.max_audio_seconds,
        detector=DetectorName.SILERO if offered(settings) else DetectorName.ENERGY,
    )


def check(settings: Settings, *more: str) -> None:
    """Raises `BadSetting` if DEFAULT_MODEL, RETENDER_FALLBACK_MODEL or a pool's model is unknown:
    every job would fail."""
    known = Library(library(settings))
    named = (
        ("DEFAULT_MODEL", default_model(settings)),
        ("RETENDER_FALLBACK_MODEL", settings.fallback_model),
        *(("a pool", each) for each in more),
    )
    for what, model in named:
        try:
            if model:
                known.named(model)
        except InvalidOption as error:
            raise BadSetting(f"{what} is not right: {error.message}.") from error
    _check_own_folder(settings)


def _check_own_folder(settings: Settings) -> None:
    """A folder may go by the name of a known model only if it has that model's files."""
    own = own_folder(settings)
    if own is None:
        return
    if not is_whole(own):
        lacks = ", ".join(file for file in NEEDED if not (own / file).is_file())
        raise BadSetting(f"DEFAULT_MODEL names the folder {own}, which lacks {lacks}.")
    if wrong := differences(own.name, own):
        raise BadSetting(
            f"DEFAULT_MODEL names the folder {own}, but {', '.join(wrong)} there is not that of "
            f"Whisper {own.name}.",
            "If it is a model of your own, give the folder another name.",
        )


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
