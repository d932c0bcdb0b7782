"""The whole application on one page: what is served, and what every request goes through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI

from serve_app import errors, health, jobs, queue, results
from serve_app.request_ids import RequestIds
from serve_app.services import Services

ROUTERS: Final = (jobs.router, results.router, queue.router, health.router)


def create_app(services: Services) -> FastAPI:
    app = FastAPI(
        title="Retender",
        version=services.settings.version,
        description="Speech to text as a service of your own.",
        lifespan=_lifespan,
    )
    app.state.services = services
    for router in ROUTERS:
        app.include_router(router)
    errors.install(app)
    app.add_middleware(RequestIds, new_id=services.new_id)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """While the app serves, its hub reads the news for all who follow a job here."""
    services: Services = app.state.services
    reading = asyncio.create_task(services.hub.run())
    try:
        yield
    finally:
        services.closing.begin()
        reading.cancel()
        await asyncio.wait({reading})
