"""What a worker that asks is given, and what becomes of leases. Time is passed in."""

from __future__ import annotations

from msgspec.structs import replace

from retender.errors import EngineFailed, WorkerCrashed
from retender.jobs.job import Job, Options
from retender.jobs.retry import RetryPolicy
from retender.jobs.states import Stage, Status
from retender.scheduling import transitions
from retender.scheduling.dispatcher import Dispatcher, Lease
from retender.scheduling.draft import ActiveJobs, Draft
from retender.scheduling.transitions import UsedModel
from retender.storage.audio import Audio
from retender.transcript.chunks import SAMPLE_RATE, Chunk, Plan
from retender.workers.orders import Exchange, LeaseState

LEASE = 10.0


class Desk:
    """A board with a dispatcher beside it, as the manager keeps them."""

    def __init__(self) -> None:
        self.active = ActiveJobs({})
        self.dispatcher = Dispatcher(self.active, epoch=3, lease_seconds=LEASE)
        self.now = 0.0

    def commit(self, draft: Draft) -> None:
        self.active.merge(draft)
        self.dispatcher.apply(draft, self.now)

    def draft(self) -> Draft:
        return Draft(self.active, 0.0, 0)

    def job(
        self,
        job_id: str,
        chunks: int = 4,
        options: Options | None = None,
        *,
        engine: str = "local",
    ) -> None:
        """A job that is prepared."""
        draft = self.draft()
        audio = Audio("0" * 64, 1000)
        job = Job(
            id=job_id,
            owner="ana",
            status=Status.QUEUED,
            stage=Stage.QUEUED,
            created_at=0.0,
            audio=audio,
            options=options or Options(),
            engine=engine,
        )
        transitions.accept(draft, job, None)
        self.commit(draft)
        (lease,) = self.give(worker="preparer", engines=("local", "groq"))
        each = 10 * SAMPLE_RATE
        plan = Plan(10.0 * chunks, tuple(Chunk(n * each, (n + 1) * each) for n in range(chunks)))
        draft = self.draft()
        transitions.prepared(draft, draft.piece(*lease.key), plan, UsedModel())
        self.commit(draft)

    def give(
        self,
        want: int = 1,
        worker: str = "w",
        instance: str = "1",
        engines: tuple[str, ...] = ("local",),
    ) -> list[Lease]:
        asked = Exchange(worker=worker, instance=instance, want=want, engines=engines)
        leases = self.dispatcher.choose(asked, self.now)
        draft = self.draft()
        for lease in leases:
            transitions.grant(draft, lease.job_id, lease.index, lease.token)
        self.commit(draft)
        return leases

    def crash(self, *leases: Lease) -> None:
        draft = self.draft()
        for lease in leases:
            failure = WorkerCrashed("gone").failure()
            piece = draft.piece(*lease.key)
            transitions.worker_lost(draft, piece, failure, RetryPolicy(attempts=9), 0.0)
        self.commit(draft)

    def later(self, seconds: float) -> None:
        self.now += seconds
        self.dispatcher.end_delays(self.now)


def test_tokens_name_their_epoch_and_never_come_twice() -> None:
    desk = Desk()
    desk.job("one")
    tokens = [lease.token for lease in desk.give(4)]
    assert len(set(tokens)) == 4
    assert all(token.startswith("3.") for token in tokens)


def test_a_batch_is_of_one_line() -> None:
    desk = Desk()
    desk.job("one", 2)
    desk.job("warm", 2, Options(temperature=0.7))
    batches = [{lease.job_id for lease in desk.give(4)} for _ in range(2)]
    assert sorted(map(sorted, batches)) == [["one"], ["warm"]]


def test_the_last_pieces_are_shared_among_a_workers_lanes() -> None:
    desk = Desk()
    desk.job("one", 5)
    shares = [
        len(desk.dispatcher.choose(Exchange(worker="w", instance="1", want=4, lanes=2), 0.0))
        for _ in range(4)
    ]
    assert shares == [3, 1, 1, 0]


def test_a_lease_runs_out_unless_it_is_renewed() -> None:
    desk = Desk()
    desk.job("one")
    kept, lapsed = desk.give(2)
    desk.now = LEASE * 0.6
    assert desk.dispatcher.renew((kept.token,), desk.now) == {kept.token: LeaseState.ACTIVE}
    desk.now = LEASE * 1.2
    assert [lease.token for lease in desk.dispatcher.expired(desk.now)] == [lapsed.token]


def test_a_renewal_says_what_became_of_the_piece() -> None:
    desk = Desk()
    desk.job("one")
    first, second = desk.give(2)
    desk.crash(first)
    assert desk.dispatcher.renew((first.token,), 0.0) == {first.token: LeaseState.LOST}
    draft = desk.draft()
    transitions.cancel(draft, "one")
    desk.commit(draft)
    assert desk.dispatcher.renew((second.token,), 0.0) == {second.token: LeaseState.CANCELLED}
    assert desk.dispatcher.renew(("never given",), 0.0) == {"never given": LeaseState.LOST}


def test_what_its_worker_does_not_know_of_after_a_while_got_lost_on_the_way() -> None:
    desk = Desk()
    desk.job("one")
    known, unknown = desk.give(2)
    holding = (known.token,)
    assert desk.dispatcher.undelivered("w", "1", holding, before=0.0) == []
    assert desk.dispatcher.undelivered("w", "1", holding, before=5.0) == [unknown]


def test_leases_of_an_earlier_life_are_found() -> None:
    desk = Desk()
    desk.job("one")
    (lease,) = desk.give(instance="1")
    assert desk.dispatcher.leases_of("w", other_than="2") == [lease]
    assert desk.dispatcher.leases_of("w", other_than="1") == []


def test_a_piece_waits_out_its_delay() -> None:
    desk = Desk()
    desk.job("one", 1)
    (lease,) = desk.give()
    draft = desk.draft()
    piece = draft.piece(*lease.key)
    transitions.failed(draft, piece, EngineFailed("again").failure(), RetryPolicy(first=8.0), 0.5)
    desk.commit(draft)
    desk.later(3.9)
    assert desk.give() == []
    desk.later(0.2)
    assert [each.key for each in desk.give()] == [lease.key]


def test_a_suspect_is_worked_on_alone() -> None:
    desk = Desk()
    desk.job("one", 4)
    (suspect,) = desk.give()
    desk.crash(suspect)
    desk.later(1.0)
    alone = desk.give(want=4)
    assert [lease.key for lease in alone] == [suspect.key]
    assert desk.give(want=4) == [], "nothing beside it"
    assert len(desk.give(want=3, worker="other")) == 3


def test_a_suspect_waits_for_the_empty_hands_of_the_first_that_asks() -> None:
    desk = Desk()
    desk.job("one", 6)
    suspect, held = desk.give(want=2)
    desk.crash(suspect)
    desk.later(1.0)
    assert desk.give() == [], "kept for this worker, which still holds something"
    assert desk.give(worker="other") != [], "others go on"
    desk.crash(held)
    assert [lease.key for lease in desk.give()] == [suspect.key]


def test_a_worker_that_does_not_come_back_for_its_suspect_loses_it() -> None:
    desk = Desk()
    desk.job("one", 6)
    suspect, _ = desk.give(want=2)
    desk.crash(suspect)
    desk.later(1.0)
    assert desk.give() == []
    desk.later(LEASE + 1.0)
    assert [lease.key for lease in desk.give(worker="other")] == [suspect.key]


def test_what_could_not_be_committed_is_given_again() -> None:
    desk = Desk()
    desk.job("one", 2)
    chosen = desk.dispatcher.choose(Exchange(worker="w", instance="1", want=2), 0.0)
    desk.dispatcher.put_back(chosen)
    again = desk.dispatcher.choose(Exchange(worker="w", instance="1", want=2), 0.0)
    assert [lease.key for lease in again] == [lease.key for lease in chosen]


def test_workers_are_counted_while_they_are_heard_of() -> None:
    desk = Desk()
    desk.dispatcher.worker_seen("a", 0.0)
    desk.dispatcher.worker_seen("b", 8.0)
    assert desk.dispatcher.workers(9.0) == 2
    assert desk.dispatcher.workers(15.0) == 1
    desk.dispatcher.worker_gone("b")
    assert desk.dispatcher.workers(15.0) == 0


def test_the_end_of_a_job_calls_off_all_that_is_out_of_it() -> None:
    desk = Desk()
    desk.job("one")
    tokens = tuple(lease.token for lease in desk.give(2))
    draft = desk.draft()
    transitions.fail_job(draft, "one", EngineFailed("for good").failure())
    desk.commit(draft)
    assert LeaseState.ACTIVE not in desk.dispatcher.renew(tokens, 0.0).values()
    assert (desk.dispatcher.lease_count, desk.dispatcher.busy_workers) == (0, ())
    assert desk.dispatcher.pieces_waiting == 0


def test_what_was_called_off_is_remembered_for_a_while_and_not_for_ever() -> None:
    desk = Desk()
    tokens = []
    for job_id in ("one", "two"):
        desk.job(job_id, 1)
        tokens += [lease.token for lease in desk.give()]
        draft = desk.draft()
        transitions.cancel(draft, job_id)
        desk.commit(draft)
        desk.later(11 * LEASE)
    assert list(desk.dispatcher.renew(tuple(tokens), desk.now).values()) == [
        LeaseState.LOST,
        LeaseState.CANCELLED,
    ]


def test_a_job_takes_its_delayed_pieces_and_its_suspects_along() -> None:
    desk = Desk()
    desk.job("one", 2)
    suspect, delayed = desk.give(2)
    desk.crash(suspect)
    desk.later(1.0)
    desk.crash(delayed)
    draft = desk.draft()
    transitions.cancel(draft, "one")
    desk.commit(draft)
    desk.later(1000.0)
    assert (desk.dispatcher.pieces_waiting, desk.give(4)) == (0, [])


def test_a_worker_gets_nothing_that_another_engine_is_asked_for() -> None:
    desk = Desk()
    desk.job("one", 2, engine="groq")
    assert desk.give(4) == []
    assert len(desk.give(4, engines=("local", "groq"))) == 2


def test_a_suspect_goes_only_to_a_worker_with_its_engine() -> None:
    desk = Desk()
    desk.job("one", 1, engine="groq")
    desk.job("two", 1)
    desk.crash(*desk.give(engines=("groq",)))
    desk.later(1.0)
    assert [lease.job_id for lease in desk.give()] == ["two"]
    assert [lease.job_id for lease in desk.give(worker="g", engines=("groq",))] == ["one"]


def test_a_suspect_is_audio_that_waits() -> None:
    """Else a pool that has shrunk to nothing would never work on it."""
    desk = Desk()
    desk.job("one", 1)
    desk.crash(*desk.give())
    desk.later(1.0)
    assert (desk.dispatcher.pieces_waiting, desk.dispatcher.seconds_waiting()) == (1, 10.0)


def test_a_suspect_that_could_not_be_committed_is_worked_on_alone_still() -> None:
    desk = Desk()
    desk.job("one", 2)
    desk.crash(*desk.give())
    desk.later(1.0)
    desk.dispatcher.put_back(
        desk.dispatcher.choose(Exchange(worker="w", instance="1", want=2), desk.now)
    )
    assert desk.dispatcher.lease_count == 0
    assert [lease.alone for lease in desk.give(2)] == [True]


def test_chunks_and_preparations_share_no_batch() -> None:
    desk = Desk()
    desk.job("one", 1)
    draft = desk.draft()
    for job_id in ("two", "three"):
        job = replace(desk.active["one"].job, id=job_id, status=Status.QUEUED, chunks=0)
        transitions.accept(draft, job, None)
    desk.commit(draft)
    batches = [[lease.index for lease in desk.give(5)] for _ in range(2)]
    assert sorted(batches) == [[0, 0], [1]]


def test_a_dispatcher_begins_with_all_that_waits_on_the_board() -> None:
    desk = Desk()
    desk.job("one", 3)
    desk.give()
    again = Dispatcher(desk.active, epoch=4, lease_seconds=LEASE)
    again.enqueue_all()
    assert (again.pieces_waiting, again.seconds_waiting()) == (2, 20.0)
