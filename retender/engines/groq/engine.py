"""Groq's Whisper behind the engine protocol.

An upload that Groq takes as it is becomes one chunk and goes there untouched: nothing is decoded
here, which is what lets a tenth of a processor do. Any other is decoded, cut in silences and sent
in parts. All that happens here is waiting, so one worker with a few lanes does for a whole service.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import httpx

from retender.audio.decode import DECODED
from retender.engines.api import EngineMessage, Progress
from retender.engines.groq import media
from retender.engines.groq.answers import chunk_result
from retender.engines.groq.audio_tools import AudioTools
from retender.engines.groq.availability import GroqAvailability
from retender.engines.groq.client import AudioFile, GroqClient
from retender.engines.groq.failures import GroqFailed
from retender.engines.groq.rate_limiter import RateLimited, RateLimiter, UsageLedgerFile
from retender.engines.groq.settings import GroqSettings
from retender.engines.preparation import Preparation
from retender.engines.usage_ledger import Charge
from retender.errors import (
    CorruptMedia,
    Failure,
    RetenderError,
    TooLarge,
    UploadExpired,
    WorkError,
)
from retender.jobs.job import Options
from retender.storage.blobs import Blobs
from retender.storage.blobs.cache_cleanup import clean_cache_regularly
from retender.transcript.chunks import SAMPLE_RATE, Chunk, Plan
from retender.workers.orders import Declined, Failed, Order, Prepared, Transcribed
from retender.workers.reports import WorkerReport
from retender.workers.usage import Usage

REFUSALS: Final = 5
"""How often one order is refused for Groq's limits before that counts as an attempt."""

ONE_LANGUAGE_SECONDS: Final = 30.0
"""Groq tells one language a request: where several are spoken, parts are no longer than this."""


class GroqEngine:
    """`now` is the wall clock: what was used of a day's allowance outlives this process."""

    name = "groq"
    batch = 1

    def __init__(
        self,
        settings: GroqSettings,
        *,
        blobs: Blobs,
        ledgers: Path,
        tools: AudioTools,
        now: Callable[[], float],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.lanes = settings.lanes
        self._settings = settings
        self._blobs = blobs
        self._ledgers = ledgers
        self._tools = tools
        self._now = now
        self._transport = transport
        self._budgets: dict[str, RateLimiter] = {}
        self._client: GroqClient
        self._watch: GroqAvailability
        self._watching: asyncio.Task[None]
        self._tidying: asyncio.Task[None]

    async def open(self) -> None:
        self._client = GroqClient(self._settings, self._transport)
        self._watch = GroqAvailability(self._client.look)
        self._watching = asyncio.create_task(self._watch.keep())
        self._tidying = asyncio.create_task(clean_cache_regularly(self._blobs))

    async def close(self) -> None:
        for task in (self._watching, self._tidying):
            task.cancel()
        await asyncio.wait((self._watching, self._tidying))
        await self._client.close()

    async def report(self) -> WorkerReport:
        usage = await self.usage()
        return WorkerReport(engine=self.name, usage=usage, trouble=self._watch.trouble)

    async def usage(self) -> dict[str, Usage]:
        """What has been used of each model that this engine sends to; Groq counts them apart."""
        models = (self._settings.model, self._settings.translation_model)
        return {model: await self._budget_of(model).usage() for model in models}

    async def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]:
        for order in orders:
            if order.chunk is None:
                news = self._preparation(order)
            else:
                news = self._alive(order, partial(self._transcribed, order, order.chunk))
            async with aclosing(news):
                async for item in news:
                    yield item

    async def _preparation(self, order: Order) -> AsyncGenerator[EngineMessage, None]:
        """One chunk for all of it, where Groq takes the upload as it is; else as anywhere."""
        settled = False
        async with aclosing(self._alive(order, partial(self._whole, order))) as news:
            async for item in news:
                settled = settled or not isinstance(item, Progress)
                yield item
        if settled:
            return
        most = self._settings.chunk_seconds
        if order.options.multilingual:
            most = min(most, ONE_LANGUAGE_SECONDS)
        async with aclosing(self._tools.prepare(order, int(most * SAMPLE_RATE))) as news:
            async for item in news:
                yield self._signed(order, item.plan) if isinstance(item, Prepared) else item

    async def _whole(self, order: Order) -> Prepared | None:
        """None: it is to be decoded, whatever was thought of it before."""
        prepared = await self._passed_on(order)
        if prepared is None:
            marks = media.marks(await self._blobs.shared(order.job_id))
            await self._blobs.withdraw(order.job_id, *marks)
        return prepared

    async def _passed_on(self, order: Order) -> Prepared | None:
        asked = order.options
        if asked.multilingual or not asked.cleaning.is_default:
            return None
        if order.audio.size > self._settings.file_bytes:
            return None
        async with self._blobs.lend(order.audio) as blob:
            kind = await asyncio.to_thread(media.known_format, blob)
            if kind is None:
                return None
            seconds = await self._tools.seconds(blob)
        if seconds > min(self._settings.limits.largest, self._tools.most_seconds):
            # Files lie about their length: how long it is, decoding tells.
            return None
        if seconds <= 0:
            raise CorruptMedia("the recording holds no sound")
        mark = media.mark(kind)
        async with self._blobs.lend_work(order.job_id) as folder:
            await asyncio.to_thread((folder / mark).touch)
            await self._blobs.share(order.job_id, mark)
        await self._blobs.withdraw(order.job_id, DECODED)
        chunk = Chunk(0, math.ceil(seconds * SAMPLE_RATE))
        return self._signed(order, Plan(seconds, (chunk,), whole=True))

    def _signed(self, order: Order, plan: Plan) -> Prepared:
        return Prepared(order.token, plan, self.name, self._settings.model_for(order.options))

    async def _alive(
        self, order: Order, work: Callable[[], Awaitable[EngineMessage | None]]
    ) -> AsyncGenerator[EngineMessage, None]:
        """Signs of life until it is done, then what came of it."""
        task = asyncio.create_task(_judged(order, work))
        try:
            while not (await asyncio.wait({task}, timeout=self._settings.heartbeat))[0]:
                yield Progress(order.token, 0.0)
            if (outcome := task.result()) is not None:
                yield outcome
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _transcribed(self, order: Order, chunk: Chunk) -> Transcribed:
        model, budget = self._settings.model_for(order.options), self._budget(order.options)
        place, max_wait = (order.job_id, order.index), self._settings.max_wait
        async with AsyncExitStack() as stack:
            parcel: AudioFile | None = None
            for refusals in range(REFUSALS):
                async with budget.spend(chunk.seconds, place, max_wait) as spending:
                    if parcel is None:
                        parcel = await stack.enter_async_context(self._parcel(order, chunk))
                    spending.charge = Charge.FULL
                    try:
                        answer = await self._client.recognise(parcel, model, order.options)
                    except GroqFailed as failed:
                        spending.charge, spending.closed_for = failed.charge, failed.closed_for
                        if failed.closed_for is None:
                            self._watch.failed(failed.failure)
                            raise
                        if refusals == REFUSALS - 1:
                            raise
                    else:
                        self._watch.succeeded()
                        result = chunk_result(answer, chunk)
                        return Transcribed(order.token, result, self.name, model)
        raise AssertionError("the last refusal was raised")

    @asynccontextmanager
    async def _parcel(self, order: Order, chunk: Chunk) -> AsyncIterator[AudioFile]:
        """What is to be sent for this chunk."""
        words = order.options.word_timestamps or chunk.joined_by_words
        kind = media.marked_whole(await self._blobs.shared(order.job_id))
        if kind is not None:
            async with self._blobs.lend(order.audio) as blob:
                yield AudioFile(blob, f"audio.{kind}", words)
            return
        async with self._blobs.lend_work(order.job_id, DECODED) as folder:
            pcm = folder / DECODED
            if not pcm.exists():
                raise UploadExpired("the decoded audio of this job is no longer there")
            part = folder / f"part-{order.index}-{order.token}.flac"
            try:
                await self._tools.encode(pcm, chunk, part)
                if part.stat().st_size > self._settings.file_bytes:
                    raise GroqFailed(
                        Failure(TooLarge.code, "a part of the recording is too large for Groq")
                    )
                yield AudioFile(part, part.name, words)
            finally:
                part.unlink(missing_ok=True)

    def _budget(self, options: Options) -> RateLimiter:
        return self._budget_of(self._settings.model_for(options))

    def _budget_of(self, model: str) -> RateLimiter:
        if model not in self._budgets:
            path = self._ledgers / f"{self._settings.account(model)}.json"
            self._budgets[model] = RateLimiter(
                UsageLedgerFile(path), self._settings.limits, self._now
            )
        return self._budgets[model]


def groq_engine(
    settings: GroqSettings, blobs: Blobs, ledgers: Path, how: Preparation, now: Callable[[], float]
) -> GroqEngine:
    """The engine with the tools of this machine."""
    return GroqEngine(settings, blobs=blobs, ledgers=ledgers, tools=AudioTools(blobs, how), now=now)


async def _judged(
    order: Order, work: Callable[[], Awaitable[EngineMessage | None]]
) -> EngineMessage | None:
    try:
        return await work()
    except RateLimited as full:
        return Declined(order.token, full.wait)
    except GroqFailed as failed:
        return Failed(order.token, failed.failure)
    except WorkError as error:
        return Failed(order.token, error.failure())
    except RetenderError as error:
        # What recordings lie on is full or away, most likely: that may pass.
        passing = Failure(error.code, error.message, retryable=True, retry_after=error.retry_after)
        return Failed(order.token, passing)
