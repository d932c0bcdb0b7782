"""A journal with a recording of ten hours, each of whose words has its times."""

from __future__ import annotations

from pathlib import Path

from retender.jobs.states import Status
from retender.journal.api import Release
from retender.journal.sqlite import SqliteOpener
from retender.transcript.segments import Segment, Word
from tests.support.storage.journal_story import Story, audio

SEGMENTS = 9_000
WORDS = 13
HOURS = 10
SECONDS = HOURS * 3600 / SEGMENTS

WORDS_IN_ALL = SEGMENTS * WORDS
"""Ten hours at 195 words a minute."""


def long_segment(number: int) -> Segment:
    start, step = number * SECONDS, SECONDS / WORDS
    said = [f"palabra{number % 97}"] * (WORDS - 1) + [f"número{number}."]
    words = tuple(
        Word(f" {word}", round(start + at * step, 2), round(start + (at + 1) * step, 2), 0.93)
        for at, word in enumerate(said)
    )
    return Segment(number, start, start + SECONDS, " ".join(said), 0.91, "es", words)


def long_segments() -> tuple[Segment, ...]:
    return tuple(map(long_segment, range(SEGMENTS)))


async def journal_of_ten_hours(folder: Path, job_id: str = "long") -> Path:
    """The path of the journal. The job is completed."""
    path = folder / "journal.db"
    journal = await SqliteOpener(str(path), synchronous="off")()
    await journal.begin_epoch()
    story = Story()
    begun = [
        *story.begin(job_id, owner="", audio=audio(1)),
        *story.tell(job_id, Status.PROCESSING, started_at=2.0),
    ]
    await journal.commit(1, begun)
    await journal.commit(1, [Release(job_id, 0, long_segments())])
    seconds = HOURS * 3600.0
    await journal.commit(1, story.tell(job_id, Status.COMPLETED, duration=seconds, language="es"))
    await journal.close()
    return path
