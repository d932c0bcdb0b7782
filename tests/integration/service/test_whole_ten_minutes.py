"""However many work on a recording, beside whatever else, and whichever die over it: the same text
at the same times, no word lost and none doubled.
"""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from retender.jobs.events import Event
from retender.jobs.job import Options
from tests.support.engines.recognition_service import (
    Shape,
    kill,
    linux_only,
    whole_service,
    worker_processes,
)
from tests.support.sound.speech import Recording, needs_speech, one_file, talk
from tests.support.sound.ten_minutes import OPTIONS, heard_by_one, in_one_breath, recording
from tests.support.sound.undisturbed import (
    Heard,
    assert_understood,
    heard_alone,
    share_in_time,
    words_with_times,
)

pytestmark = needs_speech


@pytest.fixture(scope="module")
def ten_minutes() -> Recording:
    return recording()


@pytest.fixture(scope="module")
def alone() -> Heard:
    return heard_by_one()


def test_one_engine_hears_the_words_when_they_are_said(
    ten_minutes: Recording, alone: Heard
) -> None:
    assert ten_minutes.words[-1].end > 600
    assert_understood(ten_minutes.text.split(), alone.text.split())
    assert share_in_time(ten_minutes.words, words_with_times(alone.segments), 0.15) >= 0.8
    assert {segment.language for segment in alone.segments} == {"en", "es"}
    assert all(one.end <= other.start for one, other in pairwise(alone.segments))
    assert max(segment.end - segment.start for segment in alone.segments) <= 12


def test_where_chunks_overlap_no_word_is_lost_or_said_twice() -> None:
    """One at each overlap would be more than four words in a hundred. The model itself stutters
    now and then, and then adds a word; it leaves none out."""
    breathless = one_file(*(in_one_breath(seed=seed) for seed in (1, 2, 8, 10)))
    heard = heard_alone(breathless, Options(language="es"))
    errors = breathless.errors(heard.text)
    assert errors.words > 400
    assert errors.lost < 0.01 * errors.words, str(errors)
    assert errors.added < 0.02 * errors.words, str(errors)


@pytest.mark.parametrize(
    "shape",
    [Shape(), Shape(workers=2), Shape(lanes=2), Shape(workers=2, lanes=2, batch=3)],
    ids=["one process", "two processes", "two lanes", "both, in batches"],
)
async def test_many_hear_what_one_hears(
    shape: Shape, tmp_path: Path, ten_minutes: Recording, alone: Heard
) -> None:
    async with whole_service(tmp_path, shape) as service:
        heard = await service.heard(ten_minutes.path, OPTIONS)
        assert len(worker_processes()) in {shape.workers, 0}
    assert heard.segments == alone.segments


async def test_other_jobs_in_the_same_batches_change_nothing(
    tmp_path: Path, ten_minutes: Recording, alone: Heard
) -> None:
    others = [
        (talk(45, "es", seed=11), Options(language="es", word_timestamps=True)),
        (talk(45, "en", seed=12), Options(language="en", word_timestamps=True)),
    ]
    apart = [heard_alone(other, options) for other, options in others]
    async with (
        whole_service(tmp_path, Shape(lanes=2, batch=4)) as service,
        asyncio.TaskGroup() as group,
    ):
        long = group.create_task(service.heard(ten_minutes.path, OPTIONS))
        short = [group.create_task(service.heard(other.path, options)) for other, options in others]
    assert long.result().segments == alone.segments
    assert [job.result().segments for job in short] == [each.segments for each in apart]


@linux_only
async def test_killed_workers_cost_no_word_and_double_none(
    tmp_path: Path, ten_minutes: Recording, alone: Heard
) -> None:
    """Both at once, a third and two thirds on the way."""
    at = [0.33, 0.66]
    killed: set[int] = set()

    def strike(event: Event) -> None:
        if at and event.progress > 100 * at[0]:
            at.pop(0)
            for pid in worker_processes():
                kill(pid)
                killed.add(pid)

    async with whole_service(tmp_path, Shape(workers=2)) as service:
        heard = await service.heard(ten_minutes.path, OPTIONS, strike)
    assert len(killed) >= 3, "those who came after the first were killed, too"
    assert heard.segments == alone.segments
