from __future__ import annotations

from collections import Counter

from retender.scheduling.fair_queue import AGEING_TURN, LOOK_AHEAD, FairQueue, Offer, Together


def offer(
    job: str,
    piece: int = 1,
    *,
    owner: str = "ana",
    priority: int = 0,
    remaining: float = 100.0,
    seconds: float = 10.0,
    engine: str = "local",
    line: str = "local/medium",
    given: float = 10.0,
) -> Offer:
    return Offer(job, piece, seconds, owner, priority, engine, line, remaining, given)


def queue_of(*offers: Offer) -> FairQueue:
    queue = FairQueue()
    for each in offers:
        queue.offer(each)
    return queue


def jobs_taken(queue: FairQueue, turns: int, engine: str = "local") -> list[str]:
    taken = [queue.take((engine,)) for _ in range(turns)]
    return [piece[0] for piece in taken if piece is not None]


def a_long_job(name: str, pieces: int, *, owner: str = "ana", priority: int = 0) -> list[Offer]:
    return [
        offer(name, n, owner=owner, priority=priority, remaining=pieces * 10.0)
        for n in range(1, pieces + 1)
    ]


def test_an_empty_queue_has_nothing_to_give() -> None:
    assert FairQueue().take(("local",)) is None


def test_a_higher_priority_goes_first() -> None:
    queue = queue_of(offer("low", priority=-1), offer("high", priority=5), offer("middle"))
    assert jobs_taken(queue, 3) == ["high", "middle", "low"]


def test_the_shorter_job_goes_first_and_of_equals_the_older() -> None:
    queue = queue_of(
        offer("long", remaining=900.0),
        offer("short", remaining=20.0),
        offer("twin", remaining=20.0),
    )
    assert jobs_taken(queue, 3) == ["short", "twin", "long"]


def test_pieces_of_one_job_come_in_order() -> None:
    queue = queue_of(*(offer("job", piece) for piece in (3, 1, 2)))
    assert [queue.take(("local",)) for _ in range(3)] == [("job", 1), ("job", 2), ("job", 3)]


def test_a_short_recording_passes_a_long_one_at_the_next_piece() -> None:
    queue = queue_of(*a_long_job("long", 100))
    jobs_taken(queue, 30)
    queue.offer(offer("short", remaining=10.0))
    assert "short" in jobs_taken(queue, 2)


def test_a_long_one_goes_on_however_many_short_ones_come() -> None:
    queue = queue_of(*a_long_job("long", 10))
    taken = []
    for n in range(20 * AGEING_TURN):
        queue.offer(offer(f"short-{n}", remaining=10.0))
        taken += jobs_taken(queue, 1)
    assert taken.count("long") == 10, "though there was a shorter one at every turn"


def test_the_lowest_priority_is_not_starved_by_the_highest() -> None:
    queue = queue_of(*a_long_job("low", 5, priority=-10), *a_long_job("high", 100, priority=10))
    assert jobs_taken(queue, 5 * AGEING_TURN).count("low") == 5


def test_two_callers_share_equally_whatever_they_have_waiting() -> None:
    queue = FairQueue()
    for n in range(50):
        for each in a_long_job(f"ana-{n}", 4, owner="ana"):
            queue.offer(each)
    for each in a_long_job("ben-0", 100, owner="ben"):
        queue.offer(each)
    shares = Counter(name.partition("-")[0] for name in jobs_taken(queue, 80))
    assert abs(shares["ana"] - shares["ben"]) <= 80 // AGEING_TURN


def test_a_caller_who_returns_is_not_owed_the_time_away() -> None:
    queue = queue_of(offer("ben-0", owner="ben"))
    jobs_taken(queue, 1)
    for each in a_long_job("ana", 200, owner="ana"):
        queue.offer(each)
    jobs_taken(queue, 100)
    for each in a_long_job("ben-1", 100, owner="ben"):
        queue.offer(each)
    shares = Counter(jobs_taken(queue, 40))
    assert shares["ana"] >= 10


def test_what_is_put_back_is_the_next_again_and_costs_its_caller_nothing() -> None:
    queue = queue_of(offer("a-1", owner="ana"), offer("b-1", owner="ben"))
    taken = queue.take(("local",))
    assert taken == ("a-1", 1)
    queue.put_back(offer("a-1", owner="ana"))
    assert jobs_taken(queue, 2) == ["a-1", "b-1"]


def test_what_is_withdrawn_does_not_come() -> None:
    queue = queue_of(*a_long_job("gone", 5), offer("stays"))
    queue.withdraw("gone")
    queue.withdraw("unknown")
    assert jobs_taken(queue, 5) == ["stays"]
    assert (len(queue), queue.seconds()) == (0, 0.0)


def test_a_worker_gets_only_what_its_engine_can_do() -> None:
    queue = queue_of(
        offer("g", engine="groq", line="groq/turbo"), offer("l", engine="local", line="local/")
    )
    assert queue.take(("local",)) == ("l", 1)
    assert queue.take(("local",)) is None
    assert queue.take(("groq",)) == ("g", 1)


def test_a_batch_stays_in_its_line() -> None:
    queue = queue_of(offer("one"), offer("other", line="local/small"), offer("two"))
    medium = Together("local/medium", 10.0)
    assert queue.take(("local",), medium) == ("one", 1)
    assert queue.take(("local",), medium) == ("two", 1)
    assert queue.take(("local",), medium) is None
    assert queue.take(("local",), Together("no such line", 10.0)) is None


def test_a_batch_is_filled_with_the_next_pieces_that_are_alike() -> None:
    lengths = [20.0, 10.0, 20.0, 15.0, 20.0]
    queue = queue_of(*(offer("job", n, given=given) for n, given in enumerate(lengths, start=1)))
    alike = Together("local/medium", 20.0)
    assert queue.take(("local",)) == ("job", 1)
    assert [queue.take(("local",), alike) for _ in range(3)] == [("job", 3), ("job", 5), None]
    assert [queue.take(("local",)) for _ in range(2)] == [("job", 2), ("job", 4)]


def test_a_batch_takes_nothing_from_far_behind() -> None:
    others = [offer("job", n, given=10.0) for n in range(LOOK_AHEAD)]
    queue = queue_of(*others, offer("job", LOOK_AHEAD, given=20.0))
    alike = Together("local/medium", 20.0)
    assert queue.take(("local",), alike) is None
    assert queue.take(("local",)) == ("job", 0)
    assert queue.take(("local",), alike) == ("job", LOOK_AHEAD)


def test_it_knows_how_much_audio_waits() -> None:
    queue = queue_of(offer("a", 1, seconds=10.0), offer("a", 2, seconds=7.0))
    assert (len(queue), queue.seconds()) == (2, 17.0)
    queue.take(("local",))
    assert (len(queue), queue.seconds()) == (1, 7.0)
    assert "a" in queue


def test_who_was_served_more_does_not_pass_by_asking_for_something_else() -> None:
    queue = queue_of(offer("ana-1", owner="ana", seconds=50.0))
    jobs_taken(queue, 1)
    queue.offer(offer("ana-2", owner="ana", remaining=1.0, line="local/small"))
    queue.offer(offer("ben", owner="ben", remaining=900.0))
    queue.offer(offer("ben", 2, owner="ben", remaining=900.0))
    assert jobs_taken(queue, 1) == ["ben"]


def test_who_comes_late_is_not_put_behind_one_who_has_waited_long_for_much() -> None:
    """The turns of those who have waited longest go to the one with most jobs: they must not
    move the time on, or who comes next would be taken to have been served as much."""
    queue = FairQueue()
    for n in range(1000):
        queue.offer(offer(f"greedy-{n}", owner="greedy"))
    for n in range(6):
        for each in a_long_job(f"other-{n}", 400, owner=f"owner-{n}"):
            queue.offer(each)
    jobs_taken(queue, 600)
    queue.offer(offer("late", owner="late"))
    assert "late" in jobs_taken(queue, 10)


def test_what_a_caller_is_served_at_one_priority_counts_for_nobody_at_another() -> None:
    queue = queue_of(*a_long_job("urgent", 100, owner="ana", priority=5))
    for owner in ("ben", "cleo"):
        for each in a_long_job(owner, 50, owner=owner):
            queue.offer(each)
    while "urgent" in queue:
        jobs_taken(queue, 1)
    queue.offer(offer("new", owner="new"))
    assert "new" in jobs_taken(queue, 2)
