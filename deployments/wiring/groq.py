"""The Groq engine: its pool and its account, made from the settings."""

from __future__ import annotations

from typing import Final

from actors.names import GROQ_POOL, GROQ_WORKERS
from actors.runtime.api import Recipe
from actors.workers.transcriber_pool import PoolSettings
from deployments.settings import Settings
from deployments.wiring import storage
from deployments.wiring.proxies import proxy_for
from deployments.wiring.recognition import preparation
from retender.engines.groq.settings import LANES, GroqSettings
from retender.scheduling.engine_choice import GROQ
from retender.scheduling.pool_size import Bounds
from retender.workers.usage import UsageLimits

_ENGINE: Final = "deployments.wiring.groq_engine:engine"
"""By its name: the SDK of Groq is imported only where the engine is."""


def set_up(settings: Settings) -> bool:
    return bool(settings.groq_api_key.get_secret_value())


def pool(settings: Settings) -> PoolSettings:
    """One worker in this process: it spends its time waiting for Groq."""
    data = settings.data_dir.absolute()
    options = {
        "settings": account(settings),
        "ledgers": str(data / "groq"),
        "preparation": preparation(settings),
        **storage.place(settings),
    }
    return PoolSettings(
        engine=Recipe(_ENGINE, options),
        serves=GROQ,
        name=GROQ_POOL,
        workers=GROQ_WORKERS,
        host="local",
        bounds=Bounds(least=1, most=1),
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
