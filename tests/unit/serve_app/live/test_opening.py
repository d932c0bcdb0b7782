"""Where the updates of a job begin for one client."""

from __future__ import annotations

import pytest

from retender.jobs.job import Job
from retender.jobs.states import Stage, Status
from serve_app.live.opening import Opening, opening


def job(status: Status, seq: int) -> Job:
    return Job(id="j", owner="", status=status, stage=Stage.QUEUED, created_at=0.0, seq=seq)


@pytest.mark.parametrize(
    ("status", "since", "expected"),
    [
        (Status.PROCESSING, None, Opening(True, 7, False)),
        (Status.PROCESSING, 0, Opening(False, 0, False)),
        (Status.PROCESSING, 7, Opening(False, 7, False)),
        (Status.PROCESSING, 8, Opening(True, 7, False)),
        (Status.COMPLETED, None, Opening(True, 6, False)),
        (Status.COMPLETED, 6, Opening(False, 6, False)),
        (Status.COMPLETED, 7, Opening(False, 7, True)),
        (Status.FAILED, 8, Opening(True, 6, False)),
    ],
)
def test_where_the_news_begins(status: Status, since: int | None, expected: Opening) -> None:
    assert opening(job(status, 7), since) == expected
