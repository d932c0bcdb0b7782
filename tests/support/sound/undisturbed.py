"""What one engine hears of a recording while it has nothing else to do, on this processor.

The digits model mistakes a word in some hundreds, and each kind of processor rounds its sums in
another way: on each it is another word. So a test that promises that nothing is lost or doubled
does not compare with what was said, but with this pass over the same recording: one engine, one
piece after the other, no service around it. How far the pass may be from what was said has a bound
of its own.
"""

from __future__ import annotations

import asyncio
import tempfile
import wave
from array import array
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from models.digits.train.scoring import aligned, word_errors
from models.digits.train.speech import Said
from retender.jobs.job import Options
from retender.transcript.segments import Segment, Word
from tests.support.engines.whisper_orders import Desk, whole, words_of
from tests.support.sound.known_words import Speech
from tests.support.sound.speech import Recording

MISTAKES = 0.02
"""The share of the words that may be wrong, beside one that always may."""

ENGLISH = Options(language="en")


class Heard(NamedTuple):
    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        return " ".join(words_of(self.segments))


@cache
def heard_alone(recording: Recording, options: Options = Options()) -> Heard:  # noqa: B008 - frozen
    """It takes its time: where a service runs in this process, ask for it in another thread."""

    async def listen() -> list[Segment]:
        with tempfile.TemporaryDirectory() as folder:
            desk = Desk(Path(folder))
            try:
                given = msgspec.structs.asdict(options)
                return await desk.transcript("job", _samples(recording), **given)
            finally:
                await desk.engine.close()

    def run() -> list[Segment]:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            return runner.run(listen())

    # Its loop is another one than that of the test, which may be running.
    with ThreadPoolExecutor(1) as thread:
        segments = thread.submit(run).result()
    assert_understood(recording.text.split(), words_of(segments))
    return Heard(tuple(segments))


async def alone_in_one_chunk(desk: Desk, speech: Speech, language: str = "auto") -> list[str]:
    """The words that this engine hears while it has nothing else in hand."""
    desk.decoded("alone", speech)
    (told,) = await desk.heard(desk.order("alone", chunk=whole(speech), language=language))
    words = words_of(told.result.segments)
    assert_understood(speech.words, words)
    return words


def assert_understood(said: Sequence[str], heard: Sequence[str]) -> None:
    errors = word_errors(said, heard)
    wrong = errors.replaced + errors.lost + errors.added
    assert wrong <= 1 + MISTAKES * errors.words, f"{errors}: {said} became {heard}"


def assert_nothing_lost_or_doubled(said: Sequence[str], heard: Sequence[str]) -> None:
    """For what is changed on its way, so that no other pass hears just the same: there are as many
    words as were said, and nearly all are those."""
    assert len(heard) == len(said), f"{said} became {heard}"
    assert_understood(said, heard)


def share_in_time(
    said: Sequence[Said],
    heard: Sequence[Word],
    within: float,
    *,
    by: Literal["start", "end"] = "start",
) -> float:
    """Of the words that were said, the share that is told with its time. One that was not
    understood is not told in time."""
    pairs = aligned([one.word for one in said], [one.word for one in heard])
    both = [
        (said[pair.said], heard[pair.heard])
        for pair in pairs
        if pair.said is not None and pair.heard is not None
    ]
    times = [
        (one.start, other.start) if by == "start" else (one.end, other.end)
        for one, other in both
        if one.word == other.word
    ]
    return sum(abs(one - other) <= within for one, other in times) / len(said)


def words_with_times(segments: Sequence[Segment]) -> list[Word]:
    return [word for segment in segments for word in segment.words]


def _samples(recording: Recording) -> Speech:
    with wave.open(str(recording.path), "rb") as file:
        samples = array("h", file.readframes(file.getnframes()))
    return Speech(samples, tuple(said.word for said in recording.words))
