"""Routes that say whether the process runs, whether it accepts work, and how the service is."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from actors.manager.job_manager import JobManager
from retender.errors import RetenderError
from retender.jobs.events import iso
from retender.jobs.submission import QueueInfo
from retender.outbound.convex_status import ConvexStatus
from retender.workers.engine_info import EngineInfo
from retender.workers.reports import DefaultInUse
from retender.workers.usage import Usage
from serve_app.access.callers import known
from serve_app.description import answers
from serve_app.description.examples import example
from serve_app.state.health_monitor import STALE_SECONDS
from serve_app.state.services import Given, Services

router = APIRouter(tags=["health"])

State = Literal["healthy", "degraded", "starting", "stopping"]


class LiveShape(BaseModel):
    model_config = example({"status": "live"})

    status: Literal["live"]


class ReadyShape(BaseModel):
    model_config = example({"status": "not_ready", "reason": "the service is stopping"})

    status: Literal["ready", "not_ready"]
    reason: str | None = Field(default=None, description="Why it is not ready.")


class DefaultModelShape(BaseModel):
    name: str
    instead_of: str | None = Field(description="The default model, if another one replaces it.")
    reason: str | None = Field(description="Why it is replaced, and how to get the default one.")


class LimitShape(BaseModel):
    audio_seconds_left: int = Field(description="Seconds of audio that may be sent now.")
    audio_seconds_left_today: int
    audio_seconds_per_day: int
    requests_left_today: int
    full_until: str | None = Field(description="Nothing may be sent before; null: it may be now.")


class EngineShape(BaseModel):
    ready: bool
    reason: str | None = Field(description="Why it is not ready, or not whole.")
    workers: int
    model: DefaultModelShape | None = Field(
        default=None,
        description="The model for jobs that name none; null: it is being fetched, or there is "
        "none here.",
    )
    limits: dict[str, LimitShape] = Field(
        default={}, description="What is left of the limits of each model; empty: there are none."
    )


class ConvexShape(BaseModel):
    reachable: bool = Field(description="False while Convex does not answer; jobs go on.")
    waiting: int | None = Field(description="Ends of jobs that have yet to be sent.")
    oldest: str | None = Field(description="When the oldest of them happened.")
    parked: int | None = Field(description="Jobs that Convex refuses until something is mended.")
    reason: str | None = Field(description="Why it refuses one of them.")
    behind: int | None = Field(description="Unfinished jobs whose progress has yet to be sent.")
    last_error: str | None
    last_error_at: str | None


class IntakeShape(BaseModel):
    url: bool = Field(description="Whether recordings are fetched from an address.")
    most_bytes: int = Field(description="Larger recordings are refused.")


class InstanceShape(BaseModel):
    memory: int | None = Field(description="Bytes that the container may have; null: not known.")
    cpu: float | None = Field(description="Processors' worth of time; null: no limit is seen.")
    at_once: int = Field(description="Pieces that are worked on at a time.")
    reason: str = Field(description="Why so many.")


class DataShape(BaseModel):
    state: Literal["new", "kept", "incomplete"] = Field(
        description="`new`: empty at the start; `incomplete`: part of it is gone."
    )
    since: str = Field(description="When the data folder was first used.")
    moves: int = Field(description="Restarts of its machine or container that it has survived.")
    reason: str = Field(description="The same in words.")


class HealthShape(BaseModel):
    model_config = example(
        {
            "status": "healthy",
            "reason": None,
            "version": "1.0.0",
            "profile": "local",
            "started_at": "2026-11-02T09:30:00.000Z",
            "uptime": 86_400.0,
            "age": 0.4,
            "engines": {
                "local": {
                    "ready": True,
                    "reason": None,
                    "workers": 1,
                    "model": {"name": "medium", "instead_of": None, "reason": None},
                    "limits": {},
                }
            },
            "queue": {"queue_size": 2, "active_jobs": 1, "workers": 1, "dead_letters": 0},
            "convex": {
                "reachable": True,
                "waiting": 0,
                "oldest": None,
                "parked": 0,
                "reason": None,
                "behind": 1,
                "last_error": None,
                "last_error_at": None,
            },
            "intake": {"url": False, "most_bytes": 26_214_400},
            "instance": {
                "memory": 536_870_912,
                "cpu": 0.1,
                "at_once": 2,
                "reason": "this instance has 512 MiB of memory and 0.1 of a processor: 2 at a "
                "time, so that one is sent while the other waits for its answer",
            },
            "data": {
                "state": "kept",
                "since": "2026-11-02T09:30:00.000Z",
                "moves": 3,
                "reason": "/data is there since 2026-11-02 09:30 UTC; it has survived 3 restarts "
                "of its machine or container",
            },
        }
    )

    status: State
    reason: str | None = Field(default=None, description="Why it is not healthy.")
    version: str | None = None
    profile: str | None = None
    started_at: str | None = Field(
        default=None,
        description="When the jobs were last taken up: at the start of the service, or after a "
        "failure. Null: not yet known.",
    )
    uptime: float | None = Field(default=None, description="Seconds.")
    age: float | None = Field(
        default=None, description="Seconds since the rest was found to be so; null: not yet."
    )
    engines: dict[str, EngineShape] | None = None
    queue: dict[str, int] | None = None
    convex: ConvexShape | None = Field(
        default=None, description="The sync to a Convex database; null: there is none."
    )
    intake: IntakeShape | None = Field(default=None, description="What is taken in.")
    instance: InstanceShape | None = Field(
        default=None, description="The container's limits; null where nothing is chosen by them."
    )
    data: DataShape | None = Field(
        default=None, description="Whether the data last; null where machines share them."
    )


@router.get("/health", responses={200: {"model": HealthShape}})
async def health(services: Given, request: Request) -> Response:
    """How the service was a moment ago: answered at once, however busy it is. If the service has
    keys, only their holders get more than the status."""
    status, reason = state(services)
    body: dict[str, Any] = {"status": status}
    if await known(request) is not None:
        monitor = services.health
        body |= {
            "reason": reason or None,
            "version": services.settings.version,
            "profile": services.settings.profile,
            "started_at": None if monitor.info is None else iso(monitor.info.started_at),
            "uptime": round(monitor.uptime, 1),
            "age": None if monitor.age is None else round(monitor.age, 1),
            "engines": {name: engine_body(engine) for name, engine in monitor.engines.items()},
            "queue": None if monitor.info is None else _queue(monitor.info),
            "intake": {
                "url": services.settings.url_input,
                "most_bytes": services.settings.most_bytes,
            },
        }
        if (instance := services.settings.instance) is not None:
            body["instance"] = msgspec.structs.asdict(instance)
        if (data := services.settings.data) is not None:
            body["data"] = msgspec.structs.asdict(data) | {"since": iso(data.since)}
        if services.convex is not None:
            body["convex"] = convex_body(monitor.convex)
    return answers.json(body)


@router.get("/health/live", responses={200: {"model": LiveShape}})
async def live() -> Response:
    """The process answers."""
    return answers.json({"status": "live"})


@router.get("/health/ready", responses={200: {"model": ReadyShape}, 503: {"model": ReadyShape}})
async def ready(services: Given) -> Response:
    """Whether submissions are accepted; if not, why."""
    reason = await _not_ready(services)
    if reason is None:
        return answers.json({"status": "ready"})
    return answers.json({"status": "not_ready", "reason": reason}, 503)


def state(services: Services) -> tuple[State, str]:
    """The state, and why it is not healthy; empty if it is."""
    monitor = services.health
    if services.closing.begun or (monitor.info is not None and not monitor.info.accepting):
        return "stopping", "the service is stopping"
    if monitor.age is None:
        return "starting", monitor.trouble or "the service is starting"
    if monitor.age > STALE_SECONDS or monitor.trouble:
        return "degraded", monitor.trouble or "its actors are slow to answer"
    for name, engine in monitor.engines.items():
        if not engine.ready and not engine.starting:
            return "degraded", f"the engine '{name}' is not ready: {engine.reason}"
    if not monitor.engines:
        return "degraded", "nothing can be recognised: no engine is set up"
    return "healthy", ""


def convex_body(status: ConvexStatus | None) -> dict[str, Any]:
    """`reachable` is false, too, where the sync itself does not answer."""
    if status is None:
        unknown = dict.fromkeys(ConvexShape.model_fields)
        return unknown | {"reachable": False, "reason": "the sync does not answer"}
    return {
        "reachable": status.reachable,
        "waiting": status.waiting,
        "oldest": None if status.oldest is None else iso(status.oldest),
        "parked": status.parked,
        "reason": status.reason or None,
        "behind": status.behind,
        "last_error": status.last_error or None,
        "last_error_at": None if status.last_error_at is None else iso(status.last_error_at),
    }


def engine_body(engine: EngineInfo) -> dict[str, Any]:
    return {
        "ready": engine.ready,
        "reason": engine.reason or None,
        "workers": engine.workers,
        "model": None if engine.default is None else _default(engine.default),
        "limits": {model: _left(used) for model, used in engine.usage.items()},
    }


def _left(used: Usage) -> dict[str, Any]:
    limits = used.limits
    return {
        "audio_seconds_left": max(0, used.available_seconds),
        "audio_seconds_left_today": max(0, limits.audio_per_day - used.audio_today),
        "audio_seconds_per_day": limits.audio_per_day,
        "requests_left_today": max(0, limits.requests_per_day - used.requests_today),
        "full_until": None if used.full_until is None else iso(used.full_until),
    }


def _default(default: DefaultInUse) -> dict[str, str | None]:
    no_room = (
        f"{default.instead_of} needs more memory than there is" if default.instead_of else None
    )
    return {
        "name": default.model,
        "instead_of": default.instead_of or None,
        "reason": default.missing or no_room,
    }


def _queue(info: QueueInfo) -> dict[str, int]:
    return {
        "queue_size": info.queue_size,
        "active_jobs": info.active_jobs,
        "workers": info.workers,
        "dead_letters": info.dead_letters,
    }


async def _not_ready(services: Services) -> str | None:
    if services.closing.begun:
        return "the service is stopping"
    try:
        info = await services.manager.within(1.0).ask(JobManager.info)
    except RetenderError as error:
        return error.message
    return None if info.accepting else "the service is stopping"
