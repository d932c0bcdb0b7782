"""faster-whisper behind the engine protocol.

Chunks are handed to lanes as they fall free: a lane is one thread of native computing at a time. A
batch is called off between two native calls, each of which works on one window of it. Models come
into memory when the first order asks for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx
import msgspec

from retender.audio.decode import DECODED
from retender.audio.pcm import SAMPLE_BYTES
from retender.engines.api import EngineMessage, Progress
from retender.engines.faster_whisper.loaded_models import LoadedModels
from retender.engines.faster_whisper.notes import NOTE, Detected
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.engines.lanes import Lanes
from retender.engines.messages import Emit, messages_of, with_heartbeats
from retender.engines.models.fitting import Choice
from retender.engines.models.library import WINDOW_SECONDS, Library, window_samples
from retender.engines.models.memory import resident_bytes
from retender.engines.preparation import Preparation, prepare
from retender.errors import Failure, InvalidOption, RetenderError, StorageTrouble, WorkError
from retender.jobs.job import AUTO_LANGUAGE
from retender.jobs.states import Stage
from retender.scheduling.engine_choice import LOCAL
from retender.storage.blobs import Blobs
from retender.storage.blobs.cache_cleanup import clean_cache_regularly
from retender.transcript.chunks import SAMPLE_RATE
from retender.workers.orders import Failed, Order, Prepared, Transcribed
from retender.workers.reports import DefaultInUse, WorkerReport

if TYPE_CHECKING:
    from retender.engines.faster_whisper.recogniser import Recogniser

R = TypeVar("R")

_LONGEST: Final = 28
"""Seconds of sound, so that some silence follows it in the window."""

_BEST: Final = 15

_DETECTOR_THREADS: Final = 2
"""More gain little: a part of its network works on one frame after the other."""


class WhisperEngine:
    """`transport` stands in for the network."""

    def __init__(
        self,
        settings: WhisperSettings | dict[str, Any],
        *,
        blobs: Blobs,
        preparation: Preparation | dict[str, Any],
        name: str = LOCAL,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.name = name
        # In a recipe that has come from another process both are plain.
        self._settings = msgspec.convert(settings, WhisperSettings)
        self._preparation = msgspec.convert(preparation, Preparation)
        self.lanes = self._settings.lanes
        self.batch = self._settings.batch
        self._blobs = blobs
        library = Library(self._settings.library, transport)
        self._loaded = LoadedModels(self._settings, library, self._blobs)
        self._lanes = Lanes(self._settings.lanes)
        self._working = 0
        self._beside: list[asyncio.Task[None]] = []
        self._prefetching: asyncio.Task[None]

    @property
    def needs_restart(self) -> bool:
        return self._loaded.abandoned and not self._working

    @property
    def held(self) -> tuple[Path, ...]:
        """The folders of the models in memory."""
        return self._loaded.held

    async def open(self) -> None:
        """No model is loaded before it is needed, but the first job's may be fetched."""
        self._beside.append(asyncio.create_task(clean_cache_regularly(self._blobs)))
        if self._settings.prefetch:
            self._prefetching = asyncio.create_task(self._prefetch())
            self._beside.append(self._prefetching)

    async def prefetched(self) -> None:
        """Wait until the model for jobs that name none is here, or cannot be had."""
        await asyncio.wait((self._prefetching,))

    async def _prefetch(self) -> None:
        # What keeps the model away is in the log already, and each job will tell its caller.
        with suppress(RetenderError):
            await self._loaded.default.settle()

    async def close(self) -> None:
        for task in self._beside:
            task.cancel()
        if self._beside:
            await asyncio.wait(self._beside)
        self._lanes.close()
        await self._loaded.close()

    async def report(self) -> WorkerReport:
        choice = self._loaded.default.choice
        return WorkerReport(
            engine=self.name,
            resident=resident_bytes(),
            models=self._loaded.models(),
            default=None if choice is None else _default(choice),
        )

    async def load(self, model: str) -> None:
        await self._loaded.load(model)

    async def unload(self, model: str) -> None:
        await self._loaded.unload(model)

    def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]:
        return messages_of(partial(self._work, orders))

    async def _work(self, orders: tuple[Order, ...], emit: Emit) -> None:
        self._working += 1
        try:
            for order in orders:
                if order.chunk is None:
                    await self._prepare(order, emit)
            chunks = tuple(order for order in orders if order.chunk is not None)
            if chunks:
                await self._transcribe(chunks, emit)
        finally:
            self._working -= 1

    async def _prepare(self, order: Order, emit: Emit) -> None:
        try:
            prepared = await self._plan(order, emit)
            prepared = await self._settle_language(order, prepared, emit)
        except (WorkError, StorageTrouble) as error:
            await emit(Failed(order.token, error.failure()))
        except InvalidOption as error:
            failure = Failure(error.code, error.message, spoils_job=True)
            await emit(Failed(order.token, failure))
        else:
            await emit(prepared)

    async def _plan(self, order: Order, emit: Emit) -> Prepared:
        """A missing model is reported before anything is decoded."""
        named = order.options.model
        settling = self._loaded.settled(named)
        choice = await self._with_heartbeats(settling, (order,), named, emit)
        folder = await self._loaded.find(choice.used)
        threads = min(self._settings.lanes, _DETECTOR_THREADS)
        how = msgspec.structs.replace(self._preparation, threads=threads, **_lengths(folder))
        beat = partial(emit, Progress(order.token, 0.0))
        prepared = await prepare(order, self._blobs, how, beat)
        return msgspec.structs.replace(
            prepared,
            engine=self.name,
            model=choice.used,
            requested_model=_other(choice),
            model_missing=bool(choice.missing),
        )

    async def _settle_language(self, order: Order, prepared: Prepared, emit: Emit) -> Prepared:
        """The language of the whole is found while nobody works on its parts yet."""
        wanted = order.options.language == AUTO_LANGUAGE and not order.options.multilingual
        if not wanted or not prepared.plan.chunks:
            return prepared
        async with (
            self._lent(prepared.model, (order,), emit) as recogniser,
            self._blobs.lend_work(order.job_id, DECODED) as folder,
        ):
            steps = recogniser.settle_language(order, prepared.plan, folder / DECODED)
            while (step := await self._lanes.run(next, steps, None)) is not None:
                if isinstance(step, Detected):
                    candidates = step.candidates
                    prepared = msgspec.structs.replace(prepared, language_candidates=candidates)
                else:
                    await self._lanes.run_all(step)
                    await emit(Progress(order.token, 0.0))
            await self._blobs.share(order.job_id, *self._noted(order))
        return prepared

    def _noted(self, order: Order) -> tuple[str, ...]:
        """A model of one language leaves no note."""
        return (NOTE,) if (self._blobs.job_folder(order.job_id) / NOTE).exists() else ()

    async def _transcribe(self, orders: tuple[Order, ...], emit: Emit) -> None:
        """All chunks of a job are recognised by the model that it was prepared for."""
        named = orders[0].model or orders[0].options.model
        try:
            settling = self._loaded.settled(named)
            choice = await self._with_heartbeats(settling, orders, named, emit)
        except StorageTrouble as error:
            for order in orders:
                await emit(Failed(order.token, error.failure()))
            return
        async with AsyncExitStack() as stack:
            begun = list[Order]()
            recordings = dict[str, Path]()
            for order in orders:
                bringing = self._bring(order, stack)
                try:
                    recordings[order.token] = await self._with_heartbeats(
                        bringing, orders, choice.used, emit
                    )
                except StorageTrouble as error:
                    await emit(Failed(order.token, error.failure()))
                else:
                    begun.append(order)
            if begun:
                await self._recognise(tuple(begun), choice, recordings, emit)

    async def _bring(self, order: Order, stack: AsyncExitStack) -> Path:
        """Lend the chunk's part of the decoded recording until the stack is closed. To detect the
        language without a note, the whole recording is needed."""
        assert order.chunk is not None
        auto = order.options.language == AUTO_LANGUAGE and not order.options.multilingual
        job_id, blobs = order.job_id, self._blobs
        start, end = order.chunk.start * SAMPLE_BYTES, order.chunk.end * SAMPLE_BYTES
        folder = await stack.enter_async_context(
            blobs.lend_work(job_id, *((NOTE,) if auto else ()))
        )
        if auto and not (folder / NOTE).exists():
            await stack.enter_async_context(blobs.lend_work(job_id, DECODED))
        return await stack.enter_async_context(blobs.lend_range(job_id, DECODED, start, end))

    async def _recognise(
        self, orders: tuple[Order, ...], choice: Choice, recordings: dict[str, Path], emit: Emit
    ) -> None:
        async with self._lent(choice.used, orders, emit) as recogniser:
            steps = recogniser.work(orders, choice.used, recordings)
            while (message := await self._lanes.run(next, steps, None)) is not None:
                if isinstance(message, Transcribed):
                    message = msgspec.structs.replace(message, requested_model=_other(choice))
                await emit(message)

    @asynccontextmanager
    async def _lent(
        self, used: str, orders: tuple[Order, ...], emit: Emit
    ) -> AsyncIterator[Recogniser]:
        """The loaded model, with heartbeats until it is there."""
        async with AsyncExitStack() as stack:
            loading = stack.enter_async_context(self._loaded.lend(used))
            yield await self._with_heartbeats(loading, orders, used, emit)

    async def _with_heartbeats(
        self, work: Awaitable[R], orders: tuple[Order, ...], used: str, emit: Emit
    ) -> R:
        """`used`: see `LoadedModels.waiting_for`."""

        async def beat() -> None:
            note = self._loaded.waiting_for(used)
            stage = None if note is None else Stage.DOWNLOADING_MODEL
            for order in orders:
                await emit(Progress(order.token, 0.0, stage, note))

        return await with_heartbeats(work, beat, self._settings.heartbeat)


def _lengths(folder: Path) -> dict[str, int]:
    """How long chunks may be and are best. A model that hears 30 s takes less, where less is said:
    then work grows with the sound, and accuracy falls with very long chunks."""
    samples = window_samples(folder)
    if samples < WINDOW_SECONDS * SAMPLE_RATE:
        return {"window": samples}
    return {"window": _LONGEST * SAMPLE_RATE, "aim": _BEST * SAMPLE_RATE}


def _other(choice: Choice) -> str:
    return choice.asked if choice.replaced else ""


def _default(choice: Choice) -> DefaultInUse:
    return DefaultInUse(choice.used, _other(choice), choice.missing)
