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

from actors import limits
from actors.delivery.outbox_reader import OutboxReader
from actors.manager.job_manager import JobManager
from actors.names import JOB_MANAGER
from actors.runtime.api import Context, Recipe
from actors.transcripts import paged_transcript
from retender.errors import JobNotFound, UrlNotAllowed
from retender.jobs.deliveries import WEBHOOKS, Delivery, DeliveryOutcome
from retender.outbound import webhook_messages as messages
from retender.outbound.limits import DELIVERY_RESULT_BYTES
from retender.transcript.segments import Transcript

TRANSCRIPT_SECONDS = 30.0

_TIMEOUT = httpx.Timeout(limits.DELIVERY_SECONDS, connect=limits.DELIVERY_CONNECT_SECONDS)
_ABOUT_US = {"User-Agent": "Retender"}


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True):
    secrets: tuple[str, ...]
    """Each secret signs every webhook; there are two during a rotation."""
    language: str = "es"
    public_url: str = ""
    """The public URL of this service, for results that are too long for a webhook."""
    transport: Recipe = Recipe("retender.outbound.connections:CheckedTransport")
    """The HTTP transport, with checked addresses."""


class Webhooks(OutboxReader):
    CONSUMER = WEBHOOKS

    def __init__(self, settings: WebhookSettings) -> None:
        super().__init__()
        self._settings = settings
        transport = settings.transport
        self._transport: httpx.AsyncBaseTransport = transport.resolve()(**transport.options)

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        self._manager = ctx.ref(JobManager, JOB_MANAGER)
        ctx.after(0, Webhooks.ask_deliveries)

    async def stopping(self) -> None:
        """Attempts under way are dropped: the next start makes them again."""
        await self._transport.aclose()

    async def attempt(self, delivery: Delivery) -> DeliveryOutcome:
        told = await self._try(delivery)
        how = "delivered" if told.how == "delivered" else f"not delivered: {told.error}"
        logger.bind(**delivery.log_keys, attempt=delivery.attempts).info(
            "webhook of event {} to {}: {}", told.seq, delivery.receiver, how
        )
        return told

    def outcome_of_trouble(self, delivery: Delivery, why: str) -> DeliveryOutcome:
        return messages.outcome_of_failure(delivery, why)

    async def _try(self, delivery: Delivery) -> DeliveryOutcome:
        try:
            return await self._post(delivery, await self._body(delivery))
        except (TimeoutError, httpx.TimeoutException):
            return messages.outcome_of_failure(delivery, "the receiver did not answer in time")
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            return messages.outcome_of_failure(delivery, "the receiver cannot be reached")
        except UrlNotAllowed as error:
            return messages.outcome_of_failure(delivery, error.message)
        except JobNotFound:
            return messages.outcome_of_failure(delivery, "the job is not kept any more")

    async def _body(self, delivery: Delivery) -> bytes:
        job = delivery.job
        assert job is not None
        transcript: Transcript | None = None
        if messages.has_result(job):
            text = await paged_transcript(self._manager.within(TRANSCRIPT_SECONDS), job.id)
            transcript = await text.short(DELIVERY_RESULT_BYTES)
        return messages.payload(job, transcript, self._settings.language, self._settings.public_url)

    async def _post(self, delivery: Delivery, body: bytes) -> DeliveryOutcome:
        """Use the transport itself: it follows no redirects and keeps no cookies."""
        assert delivery.job is not None
        now = self._ctx.clock.now()
        request = httpx.Request(
            "POST",
            delivery.job.callback_url or "",
            headers=messages.headers(delivery, body, self._settings.secrets, now) | _ABOUT_US,
            content=body,
            extensions={"timeout": _TIMEOUT.as_dict()},
        )
        async with asyncio.timeout(limits.DELIVERY_SECONDS):
            response = await self._transport.handle_async_request(request)
        await _let_finish(response)
        after = response.headers.get("retry-after")
        return messages.outcome_of_response(delivery, response.status_code, after, now)


async def _let_finish(response: httpx.Response) -> None:
    """Read and drop the response body, within limits."""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    size = 0
    with suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(limits.DELIVERY_ANSWER_SECONDS):
            async for part in response.stream:
                size += len(part)
                if size > limits.DELIVERY_ANSWER_BYTES:
                    break
    await response.aclose()
