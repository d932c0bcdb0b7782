"""The fair queue against a plain model, and the promises that hold for whole crowds of callers."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import count
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from retender.scheduling.fair_queue import AGEING_TURN, LOOK_AHEAD, FairQueue, Offer, Together

JOBS = st.integers(0, 5).map("job-{}".format)
ENGINE_NAMES = ("local", "groq")
ENGINES = st.sampled_from(ENGINE_NAMES)
GIVEN = st.sampled_from([10.0, 15.0])
KINDS = st.lists(st.sampled_from(["local", "groq"]), min_size=1, unique=True).map(tuple)


def offer(
    job_id: str,
    piece: int = 1,
    *,
    seconds: float = 10.0,
    owner: str = "ana",
    priority: int = 0,
    engine: str = "local",
    line: str = "",
    remaining: float = 100.0,
    given: float = 10.0,
) -> Offer:
    line = line or engine
    return Offer(job_id, piece, seconds, owner, priority, engine, line, remaining, given)


TERMS = st.builds(
    lambda owner, priority, engine, model: offer(
        "", owner=owner, priority=priority, engine=engine, line=f"{engine}/{model}"
    ),
    st.sampled_from(["ana", "ben"]),
    st.integers(-1, 1),
    ENGINES,
    st.sampled_from(["small", "large"]),
)


class Queue(RuleBasedStateMachine):
    """Jobs come, are begun, leave and come again on other terms, as with preparation and chunks."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = FairQueue()
        self.waiting: dict[str, list[Offer]] = {}
        self.numbers = count()

    @rule(
        job_id=JOBS,
        pieces=st.lists(st.tuples(st.floats(0.0, 30.0), GIVEN), min_size=1, max_size=3),
        terms=TERMS,
    )
    def a_job_comes(self, job_id: str, pieces: list[tuple[float, float]], terms: Offer) -> None:
        terms = self.waiting.get(job_id, [terms])[0]
        for seconds, needed in pieces:
            number = next(self.numbers)
            each = terms._replace(
                job_id=job_id, piece=number, seconds=seconds, input_seconds=needed
            )
            self.queue.offer(each)
            self.waiting.setdefault(job_id, []).append(each)

    @rule(kind=KINDS)
    def a_worker_takes_what_it_can_do(self, kind: tuple[str, ...]) -> None:
        fitting = [job for job in self.waiting.values() if job[0].engine in kind]
        taken = self.queue.take(kind)
        assert (taken is None) == (not fitting)
        self.took(taken, [job[0] for job in fitting])

    @rule(
        kind=KINDS, line=st.sampled_from(["local/small", "groq/large", "groq/small"]), given=GIVEN
    )
    def a_worker_fills_its_batch(self, kind: tuple[str, ...], line: str, given: float) -> None:
        jobs = [job[:LOOK_AHEAD] for job in self.waiting.values() if job[0].batch_key == line]
        alike = [[piece for piece in job if piece.input_seconds == given] for job in jobs]
        taken = self.queue.take(kind, Together(line, given))
        assert taken is not None or not jobs or not all(alike)
        self.took(taken, [job[0] for job in alike if job])

    @precondition(lambda self: self.waiting)
    @rule(kind=KINDS)
    def what_is_taken_is_put_back(self, kind: tuple[str, ...]) -> None:
        taken = self.queue.take(kind)
        if taken is not None:
            self.queue.put_back(self.waiting[taken[0]][0])

    @rule(job_id=JOBS)
    def a_job_is_withdrawn(self, job_id: str) -> None:
        self.queue.withdraw(job_id)
        self.waiting.pop(job_id, None)

    def took(self, taken: tuple[str, int] | None, fitting: list[Offer]) -> None:
        if taken is not None:
            (piece,) = [each for each in fitting if (each.job_id, each.piece) == taken]
            self.waiting[piece.job_id].remove(piece)
            if not self.waiting[piece.job_id]:
                del self.waiting[piece.job_id]

    @invariant()
    def it_knows_what_waits(self) -> None:
        pieces = [piece for job in self.waiting.values() for piece in job]
        assert len(self.queue) == len(pieces)
        assert self.queue.seconds() == pytest.approx(sum(piece.seconds for piece in pieces))
        for engine in ENGINE_NAMES:
            theirs = [piece.seconds for piece in pieces if piece.engine == engine]
            assert self.queue.seconds(engine) == pytest.approx(sum(theirs))
        assert all(job_id in self.queue for job_id in self.waiting)

    @invariant()
    def nothing_is_nothing(self) -> None:
        for engine in ENGINE_NAMES:
            if all(job[0].engine != engine for job in self.waiting.values()):
                trace = self.queue.seconds(engine)
                assert trace == 0.0, "a trace of audio would keep a worker for ever"


TestQueue = Queue.TestCase
TestQueue.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


@given(
    before=st.lists(st.tuples(st.sampled_from("abc"), st.integers(-3, 3)), max_size=8),
    priority=st.integers(-3, 3),
    remaining=st.floats(1.0, 1e5),
    batch=st.integers(1, 6),
    rivals=st.integers(1, 3),
)
@settings(deadline=None)
def test_whoever_waits_is_served_however_strong_those_are_who_come(
    before: list[tuple[str, int]], priority: int, remaining: float, batch: int, rivals: int
) -> None:
    queue = FairQueue()
    for n, (owner, importance) in enumerate(before):
        for piece in range(AGEING_TURN * (len(before) + 1)):
            queue.offer(offer(f"before-{n}", piece, owner=owner, priority=importance, line="busy"))
    queue.offer(offer("victim", owner="v", priority=priority, remaining=remaining, line="quiet"))
    served = []
    for turn in range(AGEING_TURN * (len(before) + 1)):
        for n in range(rivals * batch):
            queue.offer(offer(f"{turn}.{n}", owner=f"{n}", priority=9, remaining=1.0, line="busy"))
        first = queue.take(("local",))
        assert first is not None
        served.append(first[0])
        line = "quiet" if first[0] == "victim" else "busy"
        for _ in range(batch - 1):
            queue.take(("local",), Together(line, 10.0))
    assert "victim" in served


@given(jobs=st.tuples(st.integers(1, 30), st.integers(1, 30)), turns=st.integers(1, 60))
@settings(deadline=None)
def test_two_callers_share_equally_whatever_their_numbers_of_jobs(
    jobs: tuple[int, int], turns: int
) -> None:
    queue = FairQueue()
    for owner, number in zip("ab", jobs, strict=True):
        for job in range(number):
            for piece in range(60):
                queue.offer(offer(f"{owner}-{job}", piece, owner=owner, remaining=600.0))
    got = Counter(taken[0][0] for _ in range(turns) if (taken := queue.take(("local",))))
    assert abs(got["a"] - got["b"]) <= 2


@given(away=st.integers(1, 100), pieces=st.integers(1, 5))
@settings(deadline=None)
def test_time_away_is_owed_to_nobody(away: int, pieces: int) -> None:
    queue = FairQueue()
    queue.offer(offer("early", owner="ben"))
    queue.take(("local",))
    for piece in range(away + 2 * pieces + 2):
        queue.offer(offer("long", piece, owner="ana", remaining=1e4))
    for _ in range(away):
        queue.take(("local",))
    for piece in range(2 * pieces):
        queue.offer(offer("back", piece, owner="ben"))
    got = Counter(taken[0] for _ in range(2 * pieces) if (taken := queue.take(("local",))))
    assert abs(got["long"] - got["back"]) <= 2


def work_of_taking(jobs: int, lines: int = 1) -> int:
    """Calls made for a fixed number of turns with so many jobs waiting."""
    queue = FairQueue()
    for n in range(jobs):
        for piece in range(4):
            queue.offer(
                offer(
                    f"job-{n}",
                    piece,
                    owner=f"owner-{n % 7}",
                    remaining=float(n % 97),
                    line=f"line-{n % lines}",
                )
            )
    calls = 0

    def count_call(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count_call)
    try:
        for _ in range(300):
            queue.take(("local",))
            len(queue)
    finally:
        sys.setprofile(None)
    return calls


def test_a_turn_costs_no_more_with_thousands_of_jobs_than_with_a_hundred() -> None:
    assert work_of_taking(5000) <= 1.5 * work_of_taking(100)


def test_a_turn_costs_no_more_with_hundreds_of_kinds_of_work_than_with_one() -> None:
    assert work_of_taking(2000, lines=500) <= 1.5 * work_of_taking(2000)


def test_pieces_and_turns_that_are_over_leave_nothing_behind() -> None:
    """A long recording is offered and restated piece by piece, beneath shorter ones for ever."""
    queue = FairQueue()
    queue.offer(offer("short", 0, remaining=1.0, owner="ben", priority=-1))
    for n in range(5000):
        queue.offer(offer("long", n, remaining=1e6, priority=1))
    assert statements(queue) < 200
    for n in range(5000):
        queue.take(("local",))
        queue.offer(offer("short", n + 1, remaining=1.0, owner="ben", priority=-1))
    assert statements(queue) < 500


def statements(queue: FairQueue) -> int:
    """Of where jobs stand, whether they still hold or not."""
    lines = [*queue._by_engine.values(), *queue._by_batch_key.values()]
    return sum(len(line._oldest) + sum(map(len, line._jobs.values())) for line in lines)


def test_kinds_of_work_that_are_done_with_cost_nothing() -> None:
    """Options are the callers' choice: there may be as many lines as there were jobs."""
    queue = FairQueue()
    for n in range(1000):
        queue.offer(offer("stays", n, remaining=1e6, priority=-1))
        queue.offer(offer(f"job-{n}", line=f"line-{n}", priority=1))
        while f"job-{n}" in queue:
            queue.take(("local",))
    assert len(queue._by_batch_key) <= 2
