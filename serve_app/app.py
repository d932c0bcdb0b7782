"""The whole application on one page: its routes, and what every request passes through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from retender.errors import Forbidden, NoAnswer, Unauthorized
from retender.storage.blobs.cache_cleanup import clean_cache_regularly
from serve_app.description import answers, docs, guide
from serve_app.jobs import audio_tickets, export, listings, peaks, results, routes, transcripts
from serve_app.live import admission, socket, stream
from serve_app.middleware import errors
from serve_app.middleware.access_log import AccessLog
from serve_app.middleware.bodies import Bodies
from serve_app.middleware.request_ids import RequestIds
from serve_app.middleware.safe_headers import EXPOSED, SafeHeaders
from serve_app.middleware.trusted_hosts import TrustedHosts
from serve_app.openai import errors as openai
from serve_app.openai import models as openai_models
from serve_app.openai import transcriptions
from serve_app.operations import actors, convex, health, metrics, models, queue
from serve_app.page import routes as page
from serve_app.state.background_tasks import restart_on_bug
from serve_app.state.services import Services
from serve_app.uploads import changing, fetching, recordings, tus, tus_headers
from serve_app.uploads.arrivals import clean_up_regularly

ROUTERS: Final = (
    recordings.router,
    changing.router,
    tus.router,
    routes.router,
    listings.router,
    export.router,
    results.router,
    audio_tickets.router,
    peaks.router,
    transcripts.router,
    queue.router,
    models.router,
    convex.router,
    metrics.router,
    actors.router,
    admission.router,
    socket.router,
    stream.router,
)
OPENAI: Final = (transcriptions.router, openai_models.router)
"""OpenAI's API, with errors in OpenAI's shape."""
OPEN: Final = (health.router, docs.router, guide.router, page.router)
"""Routes that need no key."""


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
    errors.install(app, dict.fromkeys(openai.PREFIXES, openai.shape))
    docs.correct(app)
    _add_middleware(app, services)
    return app


def _add_middleware(app: FastAPI, services: Services) -> None:
    """Requests pass through these in reverse order: the last one added is the first."""
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
    app.add_middleware(TrustedHosts, settings=services.settings, needed=lambda: services.keys.open)
    app.add_middleware(SafeHeaders)
    app.add_middleware(AccessLog, clock=services.clock, count=services.traffic.count)
    # Ray Serve adds an id to every request, and to every answer except that to a WebSocket.
    app.add_middleware(
        RequestIds, new_id=services.new_id, added_outside=services.settings.profile == "ray"
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Background work runs for as long as the app serves."""
    services: Services = app.state.services

    def clean_up() -> Awaitable[None]:
        return clean_up_regularly(services, lambda job_id: fetching.start(services, job_id))

    background: dict[str, Callable[[], Awaitable[None]]] = {
        "reading the news": services.hub.run,
        "checking the service's health": services.health.run,
        "reading the file of keys": services.keys.run,
        "cleaning up uploads": clean_up,
        "cleaning up copies of recordings": lambda: clean_cache_regularly(services.blobs),
    }
    tasks = {asyncio.create_task(restart_on_bug(what, work)) for what, work in background.items()}
    try:
        yield
    finally:
        services.closing.begin()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await services.fetches.stop()
