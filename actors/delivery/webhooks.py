"""Job: send webhooks about jobs that ended.
Receives: nothing but answers.
Sends: `deliveries` (a long poll that also carries outcomes) and `transcript` to the JobManager.
A crash: attempts under way count as failed, and are made again.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import httpx
import msgspec
from loguru import logger

from actors.limits import (
    DELIVERIES_AT_ONCE,
    DELIVERY_ANSWER_BYTES,
    DELIVERY_ANSWER_SECONDS,
    DELIVERY_CONNECT_SECONDS,
    DELIVERY_SECONDS,
)
from actors.manager.job_manager import JobManager
from actors.names import JOB_MANAGER
from actors.runtime.api import Context, Recipe
from retender.errors import JobNotFound, RetenderError, UrlNotAllowed
from retender.jobs.deliveries import WEBHOOKS, Delivery, DeliveryExchange, DeliveryOutcome
from retender.outbound.webhook_messages import (
    has_result,
    headers,
    outcome_of_failure,
    outcome_of_response,
    payload,
)
from retender.transcript.segments import Transcript

POLL_SECONDS = 5.0
"""Seconds that the long poll for deliveries waits; an outcome recalls it earlier."""

ANSWER_SECONDS = 5.0
TRANSCRIPT_SECONDS = 30.0
TRY_AGAIN = 1.0

_TIMEOUT = httpx.Timeout(DELIVERY_SECONDS, connect=DELIVERY_CONNECT_SECONDS)
_ABOUT_US = {"User-Agent": "Retender"}


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True):
    secrets: tuple[str, ...]
    """Each secret signs every webhook; there are two during a rotation."""
    language: str = "es"
    public_url: str = ""
    """The public URL of this service, for results that are too long for a webhook."""
    transport: Recipe = Recipe("retender.outbound.connections:CheckedTransport")
    """The HTTP transport, with checked addresses."""


class Webhooks:
    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        transport = settings.transport
        self._transport: httpx.AsyncBaseTransport = transport.resolve()(**transport.options)
        self._in_hand: dict[tuple[str, int], str] = {}
        """The lanes of the attempts that are under way."""
        self._told: list[DeliveryOutcome] = []
        self._turning_in = 0

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        self._manager = ctx.ref(JobManager, JOB_MANAGER)
        ctx.after(0, Webhooks.ask)

    async def stopping(self) -> None:
        """Attempts under way are dropped: the next start makes them again."""
        await self._transport.aclose()

    # One question at a time, so that it always says which lanes are busy

    async def ask(self) -> None:
        asked = DeliveryExchange(
            consumer=WEBHOOKS,
            outcomes=tuple(self._told),
            busy=tuple(self._in_hand.values()),
            want=DELIVERIES_AT_ONCE - len(self._in_hand),
            wait=POLL_SECONDS,
        )
        self._turning_in = len(asked.outcomes)
        manager = self._manager.within(POLL_SECONDS + ANSWER_SECONDS)
        answer = manager.ask(JobManager.deliveries, asked)
        self._ctx.pipe(answer, Webhooks.given, Webhooks.not_answered)

    async def given(self, deliveries: tuple[Delivery, ...]) -> None:
        del self._told[: self._turning_in]
        for each in deliveries:
            self._in_hand[each.job_id, each.seq] = each.receiver
            self._ctx.pipe(self._attempt(each), Webhooks.attempted, Webhooks.not_answered)
        await self.ask()

    async def not_answered(self, error: RetenderError) -> None:
        """The question failed: keep the outcomes for the next one."""
        logger.debug("no deliveries can be had now: {}", error.message)
        self._ctx.after(TRY_AGAIN, Webhooks.ask)

    async def attempted(self, told: DeliveryOutcome) -> None:
        del self._in_hand[told.job_id, told.seq]
        self._told.append(told)
        self._manager.tell(JobManager.recall, WEBHOOKS)

    # One attempt, in the background

    async def _attempt(self, delivery: Delivery) -> DeliveryOutcome:
        """A bug in one attempt blocks neither this receiver nor the others."""
        try:
            told = await self._try(delivery)
        except Exception:  # noqa: BLE001 - told in the log, and by the failed attempt
            logger.bind(job=delivery.job_id).exception("a bug in delivering a webhook")
            told = outcome_of_failure(delivery, "this service could not make the request")
        how = "delivered" if told.how == "delivered" else f"not delivered: {told.error}"
        logger.bind(job=delivery.job_id, attempt=delivery.attempts).info(
            "webhook of event {} to {}: {}", told.seq, delivery.receiver, how
        )
        return told

    async def _try(self, delivery: Delivery) -> DeliveryOutcome:
        try:
            return await self._post(delivery, await self._body(delivery))
        except (TimeoutError, httpx.TimeoutException):
            return outcome_of_failure(delivery, "the receiver did not answer in time")
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            return outcome_of_failure(delivery, "the receiver cannot be reached")
        except UrlNotAllowed as error:
            return outcome_of_failure(delivery, error.message)
        except JobNotFound:
            return outcome_of_failure(delivery, "the job is not kept any more")
        except RetenderError as error:
            return outcome_of_failure(delivery, f"this service was not ready: {error.message}")

    async def _body(self, delivery: Delivery) -> bytes:
        job = delivery.job
        assert job is not None
        transcript: Transcript | None = None
        if has_result(job):
            manager = self._manager.within(TRANSCRIPT_SECONDS)
            transcript = await manager.ask(JobManager.transcript, job.id)
        return payload(job, transcript, self._settings.language, self._settings.public_url)

    async def _post(self, delivery: Delivery, body: bytes) -> DeliveryOutcome:
        """Use the transport itself: it follows no redirects and keeps no cookies."""
        assert delivery.job is not None
        now = self._ctx.clock.now()
        request = httpx.Request(
            "POST",
            delivery.job.callback_url or "",
            headers=headers(delivery, body, self._settings.secrets, now) | _ABOUT_US,
            content=body,
            extensions={"timeout": _TIMEOUT.as_dict()},
        )
        async with asyncio.timeout(DELIVERY_SECONDS):
            response = await self._transport.handle_async_request(request)
        await _let_finish(response)
        after = response.headers.get("retry-after")
        return outcome_of_response(delivery, response.status_code, after, now)


async def _let_finish(response: httpx.Response) -> None:
    """Read and drop the response body, within limits."""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    size = 0
    with suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(DELIVERY_ANSWER_SECONDS):
            async for part in response.stream:
                size += len(part)
                if size > DELIVERY_ANSWER_BYTES:
                    break
    await response.aclose()
