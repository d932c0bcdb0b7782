"""Settings of faster-whisper, from the service's settings and the machine's resources."""

from __future__ import annotations

from pathlib import Path

from deployments.settings import Settings
from deployments.wiring.pip_configuration import package_index
from deployments.wiring.proxies import proxy_for
from deployments.wiring.resources import Resources
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.engines.models.library import LibrarySettings
from retender.engines.models.names import KNOWN_MODELS, canonical

DIGITS = Path(__file__).parents[2] / "models" / "digits"
"""The bundled model for spoken digits: it needs no download."""

SERVICE_BYTES = 150_000_000
"""Bytes of memory reserved for the rest of the service."""

GPU_BATCH = 8

CPU_BATCH = 4
"""Of chunks whose inputs are equally long, four together cost a fifth less than one by one."""

CPU_BATCH_BYTES = 2_000_000_000
CPU_BATCH_MILLIONS = 250
"""Where memory is short, or the model is larger than `small`, chunks go one by one: each of a batch
takes memory, and large models gain nothing by it."""


def default_model(settings: Settings) -> str:
    """The name of the default model. A folder's is its last part."""
    own = own_folder(settings)
    return settings.default_model if own is None else own.name


def library(settings: Settings) -> LibrarySettings:
    own = own_folder(settings)
    return LibrarySettings(
        root=str(settings.data_dir.absolute() / "models"),
        folders={"digits": str(DIGITS)} | ({} if own is None else {own.name: str(own)}),
        shared_cache=str(settings.hub_cache or settings.hub_home / "hub"),
        any_repository=settings.any_model,
        offline=settings.offline,
        hub_url=settings.hub_url.rstrip("/"),
        token=settings.hub_token,
        proxy=proxy_for(settings.hub_url, settings),
        index=package_index(settings),
    )


def own_folder(settings: Settings) -> Path | None:
    """The folder that DEFAULT_MODEL names; None if it is the name of a model."""
    given = Path(settings.default_model).expanduser()
    named = given.is_absolute() or settings.default_model.startswith(".")
    return given.absolute() if named else None


def whisper(settings: Settings, found: Resources) -> WhisperSettings:
    """On a CPU one lane for each core, at most MAX_CONCURRENT_JOBS, and threads for the cores left
    over; on a GPU one lane with batches."""
    on_gpu = settings.device == "cuda" or (settings.device == "auto" and found.gpu)
    precision = "float16" if on_gpu else "int8"
    lanes = 1 if on_gpu else min(settings.max_concurrent_jobs, found.cores)
    return WhisperSettings(
        library=library(settings),
        default=default_model(settings),
        fallback=settings.fallback_model,
        prefetch=True,
        device="cuda" if on_gpu else "cpu",
        precision=precision if settings.precision == "auto" else settings.precision,
        lanes=lanes,
        threads=1 if on_gpu else max(1, found.cores // lanes),
        batch=GPU_BATCH if on_gpu else _cpu_batch(settings, found),
        # The free memory of a GPU is not known here.
        memory=0 if on_gpu or not found.memory else max(1, found.memory - SERVICE_BYTES),
        idle_seconds=settings.model_ttl_seconds,
    )


def _cpu_batch(settings: Settings, found: Resources) -> int:
    known = KNOWN_MODELS.get(canonical(default_model(settings)))
    small = known is not None and known.millions <= CPU_BATCH_MILLIONS
    roomy = not found.memory or found.memory >= CPU_BATCH_BYTES
    return CPU_BATCH if small and roomy else 1
