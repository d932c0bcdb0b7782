"""The Groq engine: its pool and its account, made from the settings."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec

from actors.names import GROQ_POOL, GROQ_WORKERS
from actors.runtime.api import Recipe
from actors.workers.transcriber_pool import PoolSettings
from deployments.settings import Settings
from deployments.wiring import storage
from deployments.wiring.proxies import proxy_for
from deployments.wiring.recognition import preparation
from retender.engines.groq.engine import GroqEngine, groq_engine
from retender.engines.groq.settings import LANES, GroqSettings
from retender.engines.preparation import Preparation
from retender.scheduling.engine_choice import GROQ
from retender.scheduling.pool_size import Bounds
from retender.workers.usage import UsageLimits


def set_up(settings: Settings) -> bool:
    return bool(settings.groq_api_key.get_secret_value())


def pool(settings: Settings) -> PoolSettings:
    """One worker in this process: it spends its time waiting for Groq."""
    data = settings.data_dir.absolute()
    recipe = Recipe.of(
        engine,
        settings=account(settings),
        ledgers=str(data / "groq"),
        preparation=preparation(settings),
        **storage.place(settings),
    )
    return PoolSettings(
        engine=recipe,
        serves=GROQ,
        name=GROQ_POOL,
        workers=GROQ_WORKERS,
        host="local",
        bounds=Bounds(least=1, most=1),
    )


def engine(
    settings: GroqSettings | dict[str, Any],
    ledgers: str,
    preparation: Preparation | dict[str, Any],
    **place: Any,
) -> GroqEngine:
    """Make the engine in its worker. The arguments are plain dicts if the recipe came from another
    process."""
    return groq_engine(
        msgspec.convert(settings, GroqSettings),
        storage.blobs(**place),
        Path(ledgers),
        msgspec.convert(preparation, Preparation),
        time.time,
    )


def account(settings: Settings) -> GroqSettings:
    return GroqSettings(
        api_key=settings.groq_api_key.get_secret_value(),
        base_url=settings.groq_base_url,
        model=settings.groq_model,
        proxy=proxy_for(settings.groq_base_url, settings),
        lanes=settings.max_concurrent_jobs if settings.profile == "koyeb" else LANES,
        longest_wait=settings.groq_longest_wait,
        limits=UsageLimits(
            requests_per_minute=settings.groq_requests_per_minute,
            requests_per_day=settings.groq_requests_per_day,
            audio_per_hour=settings.groq_audio_per_hour,
            audio_per_day=settings.groq_audio_per_day,
        ),
    )
