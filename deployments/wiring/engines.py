"""The engines of this service: those that are installed or set up."""

from __future__ import annotations

from actors.workers.transcriber_pool import PoolSettings
from deployments.settings import Settings
from deployments.wiring import groq, recognition


def pools(settings: Settings) -> tuple[PoolSettings, ...]:
    """One pool for each engine. A job with `engine: auto` goes to the first."""
    found: list[PoolSettings] = []
    if recognition.offered(settings):
        found.append(recognition.pool(settings))
    if groq.set_up(settings):
        found.append(groq.pool(settings))
    return tuple(found)
