"""Alert rules and dashboard name metrics, labels and values that a running service has."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import pytest

from actors.manager.job_manager import JobManager
from actors.metrics.meter import Meter
from deployments.wiring.clock import SystemClock
from retender.jobs.messages import FAILURES
from retender.jobs.states import Status
from retender.workers.reports import HeldModel, ModelState, WorkerReport
from tests.integration.http.test_http_health import DEADLINE, done, ended
from tests.support.convex.endpoint import ConvexEndpoint, settings
from tests.support.engines.scripted import Act, Passage, Script
from tests.support.http.http_service import Site, says, site
from tests.support.monitoring import Expression, expressions
from tests.support.promql import TARGET, Metrics, Named, Reading

BROKEN: Final = Script((Passage(("x",), acts=(Act.FATAL,)),), preparation=Passage((), takes=0.0))

VALUES: Final[dict[tuple[str, str], set[str]]] = {
    ("retender_jobs", "state"): {"waiting", "processing", "failed"},
    ("retender_jobs_ended_total", "status"): {str(status) for status in Status},
    ("retender_jobs_failed_total", "code"): set(FAILURES["en"]),
    ("retender_collections_total", "outcome"): {"succeeded", "failed"},
    ("retender_convex_updates_total", "outcome"): {"stored", "unchanged", "again", "refused"},
    ("retender_http_requests_total", "method"): {"GET", "POST", "PUT", "PATCH", "DELETE"},
    ("retender_http_requests_total", "status"): {str(status) for status in range(200, 600)},
}
"""The values of labels with a fixed set of them."""


async def shown(here: Site) -> str:
    """The metrics of a service in which everything has happened that they count."""
    await done(here, says("one", seconds=10.0), "good")
    await done(here, BROKEN, "bad")
    await ended(here, 2)
    await here.http.get("/health")
    here.runtime.ref(Meter, "nobody").tell(Meter.ask_workers)
    model = HeldModel(model="tiny", state=ModelState.LOADED, loaded_for=1.0)
    report = WorkerReport(engine="local", resident=10**8, models=(model,))
    async with asyncio.timeout(DEADLINE):
        while True:
            await here.services.manager.ask(JobManager.renew, "w", "1", (), report)
            await here.services.health.check()
            text = (await here.http.get("/metrics")).text
            if "retender_model_loads_total{" in text and "retender_convex_updates_total{" in text:
                return text
            await asyncio.sleep(0.1)


def faults(expression: Expression, metrics: Metrics) -> list[str]:
    reading = Reading(expression.text, metrics)
    return [
        *reading.faults,
        *(f"the results have no label {label}" for label in expression.told - reading.labels),
        *(f"{each} never comes" for each in reading.values if not possible(each)),
    ]


def possible(named: Named) -> bool:
    if named.label in TARGET:
        return True
    return named.value in VALUES.get((named.metric, named.label), set())


async def test_every_metric_and_label_of_alerts_and_dashboard_exists(tmp_path: Path) -> None:
    endpoint = ConvexEndpoint(SystemClock())
    async with site(tmp_path, convex=settings(endpoint)) as here:
        metrics = Metrics(await shown(here))
    read = list(expressions())
    assert len({each.place for each in read}) > 40
    assert {each.place: found for each in read if (found := faults(each, metrics))} == {}


SOME: Final = Metrics(
    """\
# TYPE retender_jobs gauge
retender_jobs{state="failed"} 1
# TYPE retender_jobs_ended counter
retender_jobs_ended_total{status="failed"} 1
# TYPE retender_queue_wait_seconds histogram
retender_queue_wait_seconds_bucket{le="+Inf"} 1
retender_queue_wait_seconds_count 1
retender_queue_wait_seconds_sum 1
"""
)


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("retender_jobz > 0", "there is no metric retender_jobz"),
        ("rate(retender_jobs_ended[5m])", "there is no metric retender_jobs_ended"),
        ('retender_jobs{status="failed"}', "retender_jobs has no label status"),
        ('retender_jobs{state="done"}', "never comes"),
        ('retender_jobs{state=~"failed|done"}', "value='done'"),
        ("sum by (code) (rate(retender_jobs_ended_total[5m]))", "has no label code"),
        ("sum without (code) (retender_jobs)", "has no label code"),
        ("sum by (status) (sum(retender_jobs_ended_total))", "has no label status"),
        ("retender_jobs > 0 and on (worker) retender_jobs", "has no label worker"),
        ("rate(retender_jobs[5m])", "rate() of retender_jobs, which is no counter"),
        (
            "histogram_quantile(0.5, sum(rate(retender_queue_wait_seconds_bucket[5m])))",
            "has no label le",
        ),
    ],
)
def test_what_does_not_exist_is_found(expression: str, fault: str) -> None:
    assert fault in "\n".join(faults(Expression("here", expression), SOME))


def test_a_label_that_is_shown_and_was_summed_away_is_found() -> None:
    text = "sum by (instance) (retender_jobs)"
    assert faults(Expression("here", text, frozenset({"instance"})), SOME) == []
    told = Expression("here", text, frozenset({"state"}))
    assert faults(told, SOME) == ["the results have no label state"]
