"""The whole application on one page: what is served, and what every request goes through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from retender.errors import Forbidden, NoAnswer, Unauthorized
from retender.storage.blobs.cache_cleanup import clean_cache_regularly
from serve_app.background import kept_up
from serve_app.description import answers, docs
from serve_app.jobs import results, routes
from serve_app.live import entry, socket, stream
from serve_app.middleware import errors
from serve_app.middleware.access_log import AccessLog
from serve_app.middleware.bodies import Bodies
from serve_app.middleware.request_ids import RequestIds
from serve_app.middleware.safe_headers import EXPOSED, SafeHeaders
from serve_app.openai import errors as openai
from serve_app.openai import models as openai_models
from serve_app.openai import transcriptions
from serve_app.operations import health, metrics, models, queue
from serve_app.services import Services
from serve_app.uploads import fetching, recordings, tus, tus_headers
from serve_app.uploads.arrivals import sweeping

ROUTERS: Final = (
    recordings.router,
    tus.router,
    routes.router,
    results.router,
    queue.router,
    models.router,
    metrics.router,
    entry.router,
    socket.router,
    stream.router,
)
OPENAI: Final = (transcriptions.router, openai_models.router)
"""In OpenAI's language, errors and all."""
OPEN: Final = (health.router, docs.router)
"""To everyone, keys or not."""


def create_app(services: Services) -> FastAPI:
    app = FastAPI(
        title="Retender",
        version=services.settings.version,
        description="Speech to text as a service of your own.",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    for router in ROUTERS:
        app.include_router(router, responses=answers.errors(Unauthorized, Forbidden, NoAnswer))
    for prefix in openai.PREFIXES:
        for router in OPENAI:
            app.include_router(
                router, prefix=prefix, include_in_schema=prefix == openai.PREFIXES[0]
            )
    for router in OPEN:
        app.include_router(router)
    errors.install(app)
    docs.correct(app)
    _surround(app, services)
    return app


def _surround(app: FastAPI, services: Services) -> None:
    """What every request goes through; the last is the first to see it."""
    app.add_middleware(
        Bodies,
        most_bytes=services.settings.most_bytes,
        body_timeouts=services.settings.body_timeouts,
        clock=services.clock,
    )
    app.add_middleware(errors.Bugs)
    if services.settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=services.settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=sorted({*EXPOSED, *tus_headers.EXPOSED}),
        )
    app.add_middleware(SafeHeaders)
    app.add_middleware(AccessLog, clock=services.clock, tell=services.traffic.count)
    # Ray Serve gives every request an id, and every answer but that to a WebSocket.
    app.add_middleware(
        RequestIds, new_id=services.new_id, signed_outside=services.settings.profile == "ray"
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """While the app serves, it reads the news for all who follow a job here, looks after the
    service's health, and sees which keys come and go."""
    services: Services = app.state.services

    def sweep() -> Awaitable[None]:
        return sweeping(services, lambda job_id: fetching.start(services, job_id))

    beside: dict[str, Callable[[], Awaitable[None]]] = {
        "reading the news": services.hub.run,
        "looking after the service's health": services.pulse.run,
        "seeing which keys come and go": services.keys.run,
        "looking after uploads": sweep,
        "looking after copies": lambda: clean_cache_regularly(services.blobs),
    }
    tasks = {asyncio.create_task(kept_up(what, work)) for what, work in beside.items()}
    try:
        yield
    finally:
        services.closing.begin()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await services.fetches.stop()
