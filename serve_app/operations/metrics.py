"""The metrics of the service, for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from typing import TypeVar

from fastapi import APIRouter
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import CollectorRegistry
from starlette.responses import Response

from actors.broadcasting.broadcaster import Broadcaster
from actors.broadcasting.subscriptions import FollowerCounts
from actors.collector import Collections, Collector
from actors.manager.job_manager import JobManager
from actors.metrics.figures import Figures, Histogram
from actors.metrics.meter import Meter
from actors.supervision.children import TreeNode
from actors.supervision.supervisor import Supervisor
from retender.engines.models.memory import resident_bytes
from retender.errors import RetenderError
from retender.jobs.deliveries import Backlog
from retender.outbound.convex_status import ConvexStatus
from serve_app.access.callers import Overseer
from serve_app.operations.health import state
from serve_app.state.services import Given, Services
from serve_app.state.traffic import Traffic

T = TypeVar("T")

router = APIRouter(tags=["health"])

ANSWER_SECONDS = 2.0
"""Time that a part of the service has to send its figures. After that they are left out."""


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "In Prometheus' text format."}},
)
async def metrics(services: Given, caller: Overseer) -> Response:  # noqa: ARG001 - who may see them
    """For a Prometheus server on this machine, or one with an admin's key."""
    described = services.root.within(ANSWER_SECONDS).ask(Supervisor.describe, ANSWER_SECONDS / 2)
    figures, tree, backlog, follower_counts, collections, dropped = await asyncio.gather(
        _answer(services.meter.within(ANSWER_SECONDS).ask(Meter.figures)),
        _answer(described),
        _answer(services.manager.within(ANSWER_SECONDS).ask(JobManager.backlog)),
        _answer(services.broadcaster.within(ANSWER_SECONDS).ask(Broadcaster.follower_counts)),
        _answer(services.collector.within(ANSWER_SECONDS).ask(Collector.collections)),
        _answer(asyncio.wait_for(services.dropped(), ANSWER_SECONDS)),
    )
    registry = CollectorRegistry()
    about = "Messages between actors that were dropped."
    lost = _totals("retender_dropped_messages", about, "to", dropped or {})
    known = _all(services, figures, tree, backlog, follower_counts)
    kept = () if collections is None else _collections(collections)
    registry.register(_Families((*known, *kept, lost)))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


async def _answer(question: Awaitable[T]) -> T | None:
    """None if there is no answer in time."""
    try:
        return await question
    except (RetenderError, TimeoutError):
        return None


class _Families:
    """A collector of metrics that were made before."""

    def __init__(self, families: tuple[Metric, ...]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _all(
    services: Services,
    figures: Figures | None,
    tree: TreeNode | None,
    backlog: Backlog | None,
    follower_counts: FollowerCounts | None,
) -> Iterator[Metric]:
    yield from _service(services)
    yield from _traffic(services.traffic)
    if figures is not None:
        yield from _jobs(figures)
        yield from _models(figures)
    if tree is not None:
        yield from _actors(tree)
    if backlog is not None:
        age = backlog.age(services.clock.now())
        yield _gauge("retender_outbox_waiting", "Webhooks not delivered yet.", backlog.waiting)
        yield _gauge("retender_outbox_age_seconds", "Since the oldest of them was due.", age)
    if services.convex is not None and (synced := services.health.convex) is not None:
        yield from _convex(synced, services.clock.now())
    if follower_counts is not None:
        subscriptions, jobs = follower_counts.subscriptions, follower_counts.jobs
        yield _gauge("retender_subscriptions", "Processes that receive updates.", subscriptions)
        yield _gauge("retender_followed_jobs", "Jobs whose updates are sent to them.", jobs)


def _service(services: Services) -> Iterator[Metric]:
    settings, monitor = services.settings, services.health
    about = {"version": settings.version, "profile": settings.profile}
    yield _gauges("retender_info", "Which service this is.", about, [(tuple(about.values()), 1)])
    healthy = int(state(services)[0] == "healthy")
    yield _gauge("retender_healthy", "1 where /health says so.", healthy)
    yield _gauge("retender_uptime_seconds", "Since this process serves.", monitor.uptime)
    yield _gauge(
        "retender_memory_bytes", "Resident memory of the serving process.", resident_bytes()
    )
    yield _gauge(
        "retender_sockets", "Open WebSockets of this process.", services.open_sockets.count
    )
    yield _gauge("retender_watched_jobs", "That someone follows.", len(services.open_sockets.jobs))
    yield _gauges(
        "retender_engine_ready",
        "1 where the engine can be given work.",
        ("engine",),
        (((name,), int(engine.ready)) for name, engine in monitor.engines.items()),
    )
    yield _gauges(
        "retender_engine_limited",
        "1 while its limits are used up.",
        ("engine",),
        (((name,), int(engine.limited)) for name, engine in monitor.engines.items()),
    )
    if (info := monitor.info) is not None:
        by_state = {
            "waiting": info.queue_size,
            "processing": info.active_jobs,
            "failed": info.dead_letters,
        }
        yield _by_name("retender_jobs", "Jobs by what they are at.", "state", by_state)
        yield _gauge("retender_jobs_kept", "All jobs that are remembered.", info.total_jobs)
        yield _gauge("retender_workers", "That have been heard of lately.", info.workers)
        waiting = info.audio_seconds_waiting
        yield _gauge("retender_audio_waiting_seconds", "Audio that waits for a worker.", waiting)


def _convex(status: ConvexStatus, now: float) -> Iterator[Metric]:
    """As /health found it a moment ago."""
    age = 0.0 if status.oldest is None else max(0.0, now - status.oldest)
    reachable = int(status.reachable)
    yield _gauge("retender_convex_reachable", "0 while Convex does not answer.", reachable)
    yield _gauge("retender_convex_waiting", "Ends of jobs not sent yet.", status.waiting)
    yield _gauge("retender_convex_age_seconds", "Since the oldest of them happened.", age)
    yield _gauge("retender_convex_parked", "Jobs that Convex refuses.", status.parked)
    yield _gauge("retender_convex_behind", "Jobs whose progress is not sent yet.", status.behind)
    about = "Updates sent to Convex by what became of them."
    yield _totals("retender_convex_updates", about, "outcome", status.answers)


def _traffic(traffic: Traffic) -> Iterator[Metric]:
    yield _counters(
        "retender_http_requests",
        "Requests by route, and by status or close code.",
        ("method", "route", "status"),
        (((m, route, str(status)), n) for (m, route, status), n in traffic.requests.items()),
    )
    yield _histograms(
        "retender_http_seconds",
        "Until a request was answered whole.",
        ("method", "route"),
        traffic.seconds.items(),
    )
    yield _counter("retender_http_received_bytes", "Of bodies and frames.", traffic.received)
    yield _counter("retender_http_sent_bytes", "Of bodies and frames.", traffic.sent)


def _jobs(figures: Figures) -> Iterator[Metric]:
    yield _counter("retender_jobs_submitted", "Jobs taken in.", figures.submitted)
    yield _totals("retender_jobs_ended", "Jobs by how they ended.", "status", figures.ended)
    yield _totals("retender_jobs_failed", "Failed jobs by the reason.", "code", figures.failed)
    yield _counter("retender_jobs_from_cache", "Answered at once.", figures.from_cache)
    yield _counter("retender_jobs_revived", "Failed ones tried again.", figures.revived)
    yield _counter("retender_chunk_retries", "Pieces of jobs tried again.", figures.tried_again)
    yield _counter("retender_audio_seconds", "Audio of completed jobs.", figures.audio_seconds)
    yield _histogram("retender_queue_wait_seconds", "From queued to begun.", figures.queue_wait)
    yield _histogram(
        "retender_processing_ratio", "Seconds of work for a second of audio.", figures.pace
    )
    yield _histogram(
        "retender_end_to_end_seconds", "From accepted to completed.", figures.end_to_end
    )


def _collections(done: Collections) -> Iterator[Metric]:
    runs = {"succeeded": done.succeeded, "failed": done.failed}
    yield _totals("retender_collections", "Deletions of what is kept no longer.", "outcome", runs)
    yield _counter("retender_collected_files", "Files deleted by them.", done.files)


def _models(figures: Figures) -> Iterator[Metric]:
    yield _totals("retender_model_loads", "Models loaded.", "model", figures.loads)
    yield _by_name("retender_models_loaded", "Workers with it in memory.", "model", figures.loaded)
    yield _by_name(
        "retender_worker_memory_bytes", "Resident memory of workers.", "worker", figures.resident
    )


def _actors(tree: TreeNode) -> Iterator[Metric]:
    nodes = [node for _, node in tree.walk()]
    restarts = {node.name: node.restarts for node in nodes}
    running = {node.name: int(node.state == "running") for node in nodes}
    yield _totals("retender_actor_restarts", "Restarts after a crash.", "actor", restarts)
    yield _by_name("retender_actor_running", "1 while it runs.", "actor", running)


Labelled = Iterable[tuple[tuple[str, ...], float]]


def _gauge(name: str, help_: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_, value)


def _counter(name: str, help_: str, value: float) -> Metric:
    return CounterMetricFamily(name, help_, value)


def _by_name(name: str, help_: str, label: str, values: Mapping[str, float]) -> Metric:
    return _gauges(name, help_, (label,), (((key,), value) for key, value in values.items()))


def _totals(name: str, help_: str, label: str, values: Mapping[str, float]) -> Metric:
    return _counters(name, help_, (label,), (((key,), value) for key, value in values.items()))


def _gauges(name: str, help_: str, labels: Iterable[str], values: Labelled) -> Metric:
    family = GaugeMetricFamily(name, help_, labels=tuple(labels))
    for each, value in values:
        family.add_metric(each, value)
    return family


def _counters(name: str, help_: str, labels: Iterable[str], values: Labelled) -> Metric:
    family = CounterMetricFamily(name, help_, labels=tuple(labels))
    for each, value in values:
        family.add_metric(each, value)
    return family


def _histogram(name: str, help_: str, histogram: Histogram) -> Metric:
    return _histograms(name, help_, (), [((), histogram)])


def _histograms(
    name: str,
    help_: str,
    labels: Iterable[str],
    values: Iterable[tuple[tuple[str, ...], Histogram]],
) -> Metric:
    family = HistogramMetricFamily(name, help_, labels=tuple(labels))
    for each, histogram in values:
        family.add_metric(each, list(histogram.cumulative()), histogram.total)
    return family
