"""The outbox: gives due deliveries to their consumers, and records what became of them."""

from __future__ import annotations

from random import Random

from loguru import logger

from actors.limits import OUTBOX_LOOK_SECONDS
from actors.long_poll import LongPolls, at_once
from actors.manager.store import JobStore
from actors.runtime.api import Clock, Later
from retender.errors import StorageFull
from retender.jobs.deliveries import (
    Backlog,
    Delivery,
    DeliveryExchange,
    DeliveryState,
    attempt_ended,
    attempt_started,
    for_convex,
    retried,
)
from retender.jobs.job import Job
from retender.jobs.limits import PARKED_BATCH

_Given = tuple[Delivery, ...]


class Outbox:
    def __init__(self, store: JobStore, clock: Clock, random: Random) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._rounds: LongPolls[DeliveryExchange, _Given] = LongPolls()
        self._look_at: dict[str, float] = {}
        """Per consumer: nothing is due before this time, unless a delivery is added."""
        self._closed = False

    @property
    def awaited(self) -> bool:
        return len(self._rounds) > 0

    def close(self) -> None:
        """Give out no more deliveries: they wait for the next start."""
        self._closed = True

    async def exchange(self, asked: DeliveryExchange) -> Later[_Given]:
        """Record outcomes, then answer with due deliveries. An earlier poll of the same consumer is
        answered empty: its sender has been replaced."""
        self.recall(asked.consumer)
        await self._take_in(asked)
        given = await self._give(asked)
        if given or asked.outcomes:
            return at_once(given)
        return self._rounds.add(asked, self._clock.monotonic() + asked.wait)

    def recall(self, consumer: str) -> None:
        """Answer the waiting poll of this consumer, so that it can send outcomes."""
        self._rounds.answer_each(lambda asked: () if asked.consumer == consumer else None)

    async def added(self) -> None:
        """A delivery was added: answer waiting polls."""
        self._look_at.clear()
        await self.serve()

    async def serve(self) -> None:
        """Answer polls for which a delivery is due, and polls whose deadline is over."""
        now = self._clock.monotonic()
        for _ in range(len(self._rounds)):
            asked, asker = self._rounds.pop()
            given: _Given = ()
            if self._look_at.get(asked.consumer, 0.0) <= now:
                given = await self._give_if_room(asked)
            if given or asker.until <= now:
                asker.answer(given)
            else:
                self._rounds.push(asked, asker)

    async def backlog(self, consumer: str) -> Backlog:
        return await self._store.journal.backlog(consumer)

    async def owes(self, job_id: str, consumer: str) -> bool:
        """True if a delivery of this job to this consumer waits or is parked."""
        known = await self._store.journal.deliveries(job_id, consumer)
        return any(each.waiting for each in known)

    async def retry_parked(self, consumer: str) -> bool:
        """Make some parked deliveries due; true if there may be more."""
        parked = await self._store.journal.parked(consumer, PARKED_BATCH)
        now = self._clock.now()
        await self._save([retried(each, now) for each in parked])
        return len(parked) == PARKED_BATCH

    async def resync(self, job: Job) -> None:
        """Send the job to Convex as it is now, after whatever of it still waits."""
        now = self._clock.now()
        present = for_convex(job, now)
        known = await self._store.journal.deliveries(job.id, present.consumer)
        again = [retried(each, now) for each in known if each.waiting and each.seq < job.seq]
        await self._save([*again, present])

    async def _take_in(self, asked: DeliveryExchange) -> None:
        """Record outcomes. An outcome of an older attempt, or a repeated one, changes nothing."""
        after = []
        for told in asked.outcomes:
            known = await self._store.journal.deliveries(told.job_id, asked.consumer)
            now, chance = self._clock.now(), self._random.random()
            one = next((each for each in known if each.seq == told.seq), None)
            if one is not None and (changed := attempt_ended(one, told, now, chance)) is not None:
                after.append(changed)
        await self._save(after)

    async def _give(self, asked: DeliveryExchange) -> _Given:
        if self._closed or not asked.want:
            return ()
        now = self._clock.now()
        due = await self._store.journal.due(asked.consumer, now, asked.busy, asked.want)
        if not due:
            following = await self._store.journal.next_due(asked.consumer, now)
            pause = OUTBOX_LOOK_SECONDS if following is None else following - now
            pause = min(pause, OUTBOX_LOOK_SECONDS)
            self._look_at[asked.consumer] = self._clock.monotonic() + pause
            return ()
        given = [attempt_started(each, now, self._random.random()) for each in due]
        await self._save(given)
        return tuple(each for each in given if each.waiting)

    async def _give_if_room(self, asked: DeliveryExchange) -> _Given:
        try:
            return await self._give(asked)
        except StorageFull as full:
            logger.warning("deliveries wait for disk space: {}", full.message)
            return ()

    async def _save(self, deliveries: list[Delivery]) -> None:
        if deliveries:
            draft = self._store.draft()
            for each in deliveries:
                draft.save_delivery(each)
            await self._store.commit(draft)
        for each in deliveries:
            if each.state in {DeliveryState.GIVEN_UP, DeliveryState.PARKED}:
                logger.bind(**each.log_keys).warning(
                    "{} {} the delivery of event {}: {}",
                    each.consumer,
                    "parks" if each.parked else "gives up",
                    each.seq,
                    each.last_error,
                )
