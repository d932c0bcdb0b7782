"""The engine that transcribes with Groq's Whisper.

An upload in a format that Groq accepts becomes one chunk and is sent unchanged: it is not decoded
here, so a tenth of a processor is enough. Any other upload is decoded, cut in silences and sent in
parts. The engine mostly waits for answers, so one worker with a few lanes serves a whole service.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import httpx
import msgspec

from retender import errors
from retender.audio.decode import DECODED
from retender.audio.pcm import SAMPLE_BYTES
from retender.engines.api import EngineMessage, Progress
from retender.engines.groq import media
from retender.engines.groq.answers import chunk_result
from retender.engines.groq.audio_tools import AudioTools
from retender.engines.groq.availability import GroqAvailability
from retender.engines.groq.client import AudioFile, GroqClient
from retender.engines.groq.failures import GroqFailed
from retender.engines.groq.rate_limiter import GroqLimited, GroqRateLimiter, UsageLedgerFile
from retender.engines.groq.settings import GroqSettings
from retender.engines.messages import Beat, Emit, messages_of, with_heartbeats
from retender.engines.preparation import Preparation
from retender.engines.usage_ledger import Charge
from retender.jobs.job import Options
from retender.storage.blobs import Blobs
from retender.storage.blobs.cache_cleanup import clean_cache_regularly
from retender.transcript.chunks import SAMPLE_RATE, Chunk, Plan
from retender.workers.orders import Declined, Failed, Order, Prepared, Transcribed
from retender.workers.reports import WorkerReport
from retender.workers.usage import Usage

REFUSALS: Final = 5
"""How often Groq may refuse an order for its limits before the order fails."""

ONE_LANGUAGE_SECONDS: Final = 30.0
"""Groq reports one language for each request. With several languages, parts are at most this
long."""


class GroqEngine:
    """`now` is the wall clock, because the usage of a day outlives this process."""

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
        self._limiters: dict[str, GroqRateLimiter] = {}
        self._client: GroqClient
        self._availability: GroqAvailability
        self._checking: asyncio.Task[None]
        self._cleaning: asyncio.Task[None]

    async def open(self) -> None:
        self._client = GroqClient(self._settings, self._transport)
        self._availability = GroqAvailability(self._client.check)
        self._checking = asyncio.create_task(self._availability.run())
        self._cleaning = asyncio.create_task(clean_cache_regularly(self._blobs))

    async def close(self) -> None:
        for task in (self._checking, self._cleaning):
            task.cancel()
        await asyncio.wait((self._checking, self._cleaning))
        await self._client.close()

    async def report(self) -> WorkerReport:
        usage = await self.usage()
        return WorkerReport(engine=self.name, usage=usage, trouble=self._availability.trouble)

    async def usage(self) -> dict[str, Usage]:
        """The usage of each model. Groq counts each model separately."""
        models = (self._settings.model, self._settings.translation_model)
        return {model: await self._limiter_of(model).usage() for model in models}

    def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]:
        return messages_of(partial(self._work, orders))

    async def _work(self, orders: tuple[Order, ...], emit: Emit) -> None:
        for order in orders:
            beat = partial(emit, Progress(order.token, 0.0))
            work = self._outcome(order, beat)
            await emit(await with_heartbeats(work, beat, self._settings.heartbeat))

    async def _outcome(self, order: Order, beat: Beat) -> EngineMessage:
        try:
            if order.chunk is None:
                return await self._prepare(order, beat)
            return await self._transcribe(order, order.chunk)
        except GroqLimited as limited:
            return self._declined(order, limited.wait)
        except GroqFailed as failed:
            return Failed(order.token, failed.failure)
        except (errors.WorkError, errors.StorageTrouble) as error:
            return Failed(order.token, error.failure())
        except errors.RetenderError as error:
            # Most likely the storage cannot be reached: a retry may succeed.
            failure = errors.Failure(
                error.code, error.message, retryable=True, retry_after=error.retry_after
            )
            return Failed(order.token, failure)

    def _declined(self, order: Order, wait: float) -> Declined | Failed:
        longest = self._settings.longest_wait
        if longest is None or wait <= longest:
            return Declined(order.token, wait)
        clock = datetime.fromtimestamp(self._now() + wait, UTC).strftime("%H:%M")
        sentence = f"Groq's limits are used up until {clock} UTC, and this service does not wait"
        failure = errors.Failure(
            errors.EngineUnavailable.code, sentence, spoils_job=True, retry_after=wait
        )
        return Failed(order.token, failure)

    async def _prepare(self, order: Order, beat: Beat) -> Prepared:
        """One chunk if the upload can be sent unchanged; otherwise the same as for other
        engines."""
        whole = await self._whole(order)
        if whole is not None:
            return whole
        longest = self._settings.chunk_seconds
        if order.options.multilingual:
            longest = min(longest, ONE_LANGUAGE_SECONDS)
        prepared = await self._tools.prepare(order, int(longest * SAMPLE_RATE), beat)
        return self._labelled(prepared, order)

    async def _whole(self, order: Order) -> Prepared | None:
        """None if the upload must be decoded. An earlier mark to send it unchanged is removed
        then."""
        prepared = await self._unchanged(order)
        if prepared is None:
            marks = media.marks(await self._blobs.shared(order.job_id))
            await self._blobs.withdraw(order.job_id, *marks)
        return prepared

    async def _unchanged(self, order: Order) -> Prepared | None:
        options = order.options
        if options.multilingual or not options.cleaning.is_default:
            return None
        if order.audio.size > self._settings.file_bytes:
            return None
        async with self._blobs.lend(order.audio) as blob:
            file_format = await asyncio.to_thread(media.known_format, blob)
            if file_format is None:
                return None
            seconds = await self._tools.seconds(blob)
        if seconds > min(self._settings.limits.largest, self._tools.most_seconds):
            # The claimed duration may be wrong: decoding shows the true one.
            return None
        if seconds <= 0:
            raise errors.CorruptMedia("the recording holds no sound")
        mark = media.mark(file_format)
        async with self._blobs.lend_work(order.job_id) as folder:
            await asyncio.to_thread((folder / mark).touch)
            await self._blobs.share(order.job_id, mark)
        await self._blobs.withdraw(order.job_id, DECODED)
        chunk = Chunk(0, math.ceil(seconds * SAMPLE_RATE))
        return self._labelled(Prepared(order.token, Plan(seconds, (chunk,), whole=True)), order)

    def _labelled(self, prepared: Prepared, order: Order) -> Prepared:
        model = self._settings.model_for(order.options)
        return msgspec.structs.replace(prepared, engine=self.name, model=model)

    async def _transcribe(self, order: Order, chunk: Chunk) -> Transcribed:
        model, limiter = self._settings.model_for(order.options), self._limiter_for(order.options)
        position, max_wait = (order.job_id, order.index), self._settings.max_wait
        async with AsyncExitStack() as stack:
            audio_file: AudioFile | None = None
            for refusals in range(REFUSALS):
                async with limiter.reserve(chunk.seconds, position, max_wait) as reservation:
                    if audio_file is None:
                        audio_file = await stack.enter_async_context(self._audio_file(order, chunk))
                    reservation.charge = Charge.FULL
                    try:
                        answer = await self._client.recognise(audio_file, model, order.options)
                    except GroqFailed as failed:
                        reservation.charge, reservation.closed_for = (
                            failed.charge,
                            failed.closed_for,
                        )
                        if failed.closed_for is None:
                            self._availability.failed(failed.failure)
                            raise
                        if refusals == REFUSALS - 1:
                            raise
                    else:
                        self._availability.succeeded()
                        result = chunk_result(answer, chunk)
                        return Transcribed(order.token, result, self.name, model)
        raise AssertionError("the last refusal was raised")

    @asynccontextmanager
    async def _audio_file(self, order: Order, chunk: Chunk) -> AsyncIterator[AudioFile]:
        """The file to send for this chunk."""
        words = order.options.word_timestamps or chunk.joined_by_words
        file_format = media.marked_whole(await self._blobs.shared(order.job_id))
        if file_format is not None:
            async with self._blobs.lend(order.audio) as blob:
                yield AudioFile(blob, f"audio.{file_format}", words)
            return
        start, end = chunk.start * SAMPLE_BYTES, chunk.end * SAMPLE_BYTES
        async with (
            self._blobs.lend_work(order.job_id) as folder,
            self._blobs.lend_range(order.job_id, DECODED, start, end) as pcm,
        ):
            if not pcm.exists():
                raise errors.UploadExpired("the decoded audio of this job is no longer there")
            part = folder / f"part-{order.index}-{order.token}.flac"
            try:
                await self._tools.encode(pcm, chunk, part)
                if part.stat().st_size > self._settings.file_bytes:
                    raise GroqFailed(
                        errors.Failure(
                            errors.TooLarge.code, "a part of the recording is too large for Groq"
                        )
                    )
                yield AudioFile(part, part.name, words)
            finally:
                part.unlink(missing_ok=True)

    def _limiter_for(self, options: Options) -> GroqRateLimiter:
        return self._limiter_of(self._settings.model_for(options))

    def _limiter_of(self, model: str) -> GroqRateLimiter:
        if model not in self._limiters:
            path = self._ledgers / f"{self._settings.account(model)}.json"
            self._limiters[model] = GroqRateLimiter(
                UsageLedgerFile(path), self._settings.limits, self._now
            )
        return self._limiters[model]


def groq_engine(
    settings: GroqSettings, blobs: Blobs, ledgers: Path, how: Preparation, now: Callable[[], float]
) -> GroqEngine:
    """The engine with ffmpeg of this machine."""
    return GroqEngine(settings, blobs=blobs, ledgers=ledgers, tools=AudioTools(blobs, how), now=now)
