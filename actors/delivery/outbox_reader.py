"""Making the deliveries of one consumer: the part that Webhooks and ConvexSync share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from loguru import logger

from actors.limits import DELIVERIES_AT_ONCE
from actors.manager.job_manager import JobManager
from actors.runtime.api import Context, Ref
from retender.errors import RetenderError
from retender.jobs.deliveries import Delivery, DeliveryExchange, DeliveryOutcome

POLL_SECONDS = 5.0
"""Seconds that the long poll for deliveries waits; an outcome recalls it earlier."""

ANSWER_SECONDS = 5.0
TRY_AGAIN = 1.0


class OutboxReader(ABC):
    """Base of an actor that makes the deliveries of a consumer, several at a time.

    It asks the JobManager one question at a time, so that each says which receivers are busy; the
    outcomes of attempts go along with the next one. Outcomes are kept until a question is answered.
    """

    CONSUMER: ClassVar[str]

    _ctx: Context
    _manager: Ref[JobManager]

    def __init__(self) -> None:
        self._in_hand: dict[tuple[str, int], str] = {}
        """The receivers of the attempts that are under way."""
        self._outcomes: list[DeliveryOutcome] = []
        self._sending = 0

    @abstractmethod
    async def attempt(self, delivery: Delivery) -> DeliveryOutcome:
        """Make one delivery, in the background. Raises `RetenderError` where the service itself was
        not ready; any other exception is a bug, and fails this attempt alone."""

    @abstractmethod
    def outcome_of_trouble(self, delivery: Delivery, why: str) -> DeliveryOutcome:
        """What an attempt comes to that this service could not make."""

    def wanted(self) -> int:
        """How many more deliveries may be under way."""
        return DELIVERIES_AT_ONCE - len(self._in_hand)

    def ask_now(self) -> None:
        """Ask again at once: there is an outcome, or more is wanted than before."""
        self._manager.tell(JobManager.recall, self.CONSUMER)

    async def ask_deliveries(self) -> None:
        asked = DeliveryExchange(
            consumer=self.CONSUMER,
            outcomes=tuple(self._outcomes),
            busy=tuple(self._in_hand.values()),
            want=max(0, self.wanted()),
            wait=POLL_SECONDS,
        )
        self._sending = len(asked.outcomes)
        manager = self._manager.within(POLL_SECONDS + ANSWER_SECONDS)
        answer = manager.ask(JobManager.deliveries, asked)
        self._ctx.pipe(answer, type(self).take_deliveries, type(self).deliveries_unavailable)

    async def take_deliveries(self, deliveries: tuple[Delivery, ...]) -> None:
        del self._outcomes[: self._sending]
        for each in deliveries:
            self._in_hand[each.job_id, each.seq] = each.receiver
            attempt = self._attempt(each)
            self._ctx.pipe(attempt, type(self).take_outcome, type(self).deliveries_unavailable)
        await self.ask_deliveries()

    async def deliveries_unavailable(self, error: RetenderError) -> None:
        """The question failed: keep the outcomes for the next one."""
        logger.debug("no deliveries can be had now: {}", error.message)
        self._ctx.after(TRY_AGAIN, type(self).ask_deliveries)

    async def take_outcome(self, outcome: DeliveryOutcome) -> None:
        del self._in_hand[outcome.job_id, outcome.seq]
        self._outcomes.append(outcome)
        self.ask_now()

    async def _attempt(self, delivery: Delivery) -> DeliveryOutcome:
        """A bug in one attempt blocks neither this receiver nor the others."""
        try:
            return await self.attempt(delivery)
        except RetenderError as error:
            why = f"this service was not ready: {error.message}"
        except Exception:  # noqa: BLE001 - told in the log, and by the failed attempt
            logger.bind(**delivery.log_keys).exception("a bug in delivering to {}", self.CONSUMER)
            why = "this service could not make the request"
        return self.outcome_of_trouble(delivery, why)
