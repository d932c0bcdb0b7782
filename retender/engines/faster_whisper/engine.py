"""faster-whisper behind the engine protocol.

Chunks are handed to lanes as they fall free: a lane is one thread of native computing at a time. A
batch is called off between two native calls, each of which works on one window of it. Models come
into memory when the first order asks for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import msgspec

from retender.audio.decode import DECODED
from retender.audio.pcm import SAMPLE_BYTES
from retender.engines.api import EngineMessage, Progress
from retender.engines.faster_whisper.loaded_models import LoadedModels
from retender.engines.faster_whisper.notes import NOTE
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.engines.lanes import Lanes
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

_LONGEST: Final = 28
"""Seconds of sound, so that some silence follows it in the window."""

_BEST: Final = 15


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

    async def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]:
        self._working += 1
        try:
            for order in orders:
                if order.chunk is None:
                    async with aclosing(self._prepared(order)) as news:
                        async for item in news:
                            yield item
            chunks = tuple(order for order in orders if order.chunk is not None)
            if chunks:
                async with aclosing(self._transcribed(chunks)) as news:
                    async for item in news:
                        yield item
        finally:
            self._working -= 1

    async def _prepared(self, order: Order) -> AsyncGenerator[EngineMessage, None]:
        try:
            async with aclosing(self._planned(order)) as news:
                async for item in news:
                    if isinstance(item, Prepared):
                        async with aclosing(self._settled(order, item)) as settled:
                            async for last in settled:
                                yield last
                    else:
                        yield item
        except (WorkError, StorageTrouble) as error:
            yield Failed(order.token, error.failure())
        except InvalidOption as error:
            yield Failed(order.token, Failure(error.code, error.message, spoils_job=True))

    async def _planned(self, order: Order) -> AsyncGenerator[EngineMessage, None]:
        """A model that cannot be had is told before anything is decoded."""
        named = order.options.model
        settling = asyncio.create_task(self._loaded.settled(named))
        async with aclosing(self._signs_until(settling, (order,), named)) as signs:
            async for sign in signs:
                yield sign
        choice = settling.result()
        folder = await self._loaded.find(choice.used)
        how = msgspec.structs.replace(self._preparation, **_lengths(folder))
        async with aclosing(prepare(order, self._blobs, how)) as news:
            async for item in news:
                if isinstance(item, Prepared):
                    yield msgspec.structs.replace(
                        item,
                        engine=self.name,
                        model=choice.used,
                        requested_model=_other(choice),
                        model_missing=bool(choice.missing),
                    )
                else:
                    yield item

    async def _settled(
        self, order: Order, prepared: Prepared
    ) -> AsyncGenerator[EngineMessage, None]:
        """The language of the whole is found while nobody works on its parts yet."""
        wanted = order.options.language == AUTO_LANGUAGE and not order.options.multilingual
        if wanted and prepared.plan.chunks:
            async with aclosing(self._lent(prepared.model, (order,))) as lent:
                async for item in lent:
                    if isinstance(item, Progress):
                        yield item
                    else:
                        async with self._blobs.lend_work(order.job_id, DECODED) as folder:
                            steps = item.settle_language(order, prepared.plan, folder / DECODED)
                            while (step := await self._lanes.run(next, steps, None)) is not None:
                                if isinstance(step, Progress):
                                    yield step
                                else:
                                    prepared = msgspec.structs.replace(
                                        prepared, language_candidates=step.candidates
                                    )
                            await self._blobs.share(order.job_id, *self._noted(order))
        yield prepared

    def _noted(self, order: Order) -> tuple[str, ...]:
        """A model of one language leaves no note."""
        return (NOTE,) if (self._blobs.job_folder(order.job_id) / NOTE).exists() else ()

    async def _transcribed(self, orders: tuple[Order, ...]) -> AsyncGenerator[EngineMessage, None]:
        """All chunks of a job are heard by the model that it was prepared for."""
        named = orders[0].model or orders[0].options.model
        settling = asyncio.create_task(self._loaded.settled(named))
        try:
            async with aclosing(self._signs_until(settling, orders, named)) as signs:
                async for sign in signs:
                    yield sign
            choice = settling.result()
        except StorageTrouble as error:
            for order in orders:
                yield Failed(order.token, error.failure())
            return
        async with AsyncExitStack() as stack:
            begun = list[Order]()
            recordings = dict[str, Path]()
            for order in orders:
                bringing = asyncio.create_task(self._bring(order, stack, recordings))
                async with aclosing(self._signs_until(bringing, orders, choice.used)) as signs:
                    async for sign in signs:
                        yield sign
                if (broke := bringing.result()) is not None:
                    yield broke
                else:
                    begun.append(order)
            if begun:
                async with aclosing(self._heard(tuple(begun), choice, recordings)) as news:
                    async for item in news:
                        yield item

    async def _bring(
        self, order: Order, stack: AsyncExitStack, recordings: dict[str, Path]
    ) -> Failed | None:
        """Lend the chunk's part of the decoded recording until the stack is closed. To detect the
        language without a note, the whole recording is needed."""
        assert order.chunk is not None
        auto = order.options.language == AUTO_LANGUAGE and not order.options.multilingual
        job_id, blobs = order.job_id, self._blobs
        start, end = order.chunk.start * SAMPLE_BYTES, order.chunk.end * SAMPLE_BYTES
        try:
            folder = await stack.enter_async_context(
                blobs.lend_work(job_id, *((NOTE,) if auto else ()))
            )
            if auto and not (folder / NOTE).exists():
                await stack.enter_async_context(blobs.lend_work(job_id, DECODED))
            recordings[order.token] = await stack.enter_async_context(
                blobs.lend_range(job_id, DECODED, start, end)
            )
        except StorageTrouble as error:
            return Failed(order.token, error.failure())
        return None

    async def _heard(
        self, orders: tuple[Order, ...], choice: Choice, recordings: dict[str, Path]
    ) -> AsyncGenerator[EngineMessage, None]:
        async with aclosing(self._lent(choice.used, orders)) as lent:
            async for item in lent:
                if isinstance(item, Progress):
                    yield item
                    continue
                steps = item.work(orders, choice.used, recordings)
                while (news := await self._lanes.run(next, steps, None)) is not None:
                    if isinstance(news, Transcribed):
                        yield msgspec.structs.replace(news, requested_model=_other(choice))
                    else:
                        yield news

    async def _lent(
        self, used: str, orders: tuple[Order, ...]
    ) -> AsyncGenerator[Progress | Recogniser, None]:
        """Signs of life until the model is there, and then the model, until this is closed."""
        async with AsyncExitStack() as stack:
            taking = asyncio.create_task(stack.enter_async_context(self._loaded.lend(used)))
            async with aclosing(self._signs_until(taking, orders, used)) as signs:
                async for sign in signs:
                    yield sign
            yield taking.result()

    async def _signs_until(
        self, task: asyncio.Task[Any], orders: tuple[Order, ...], used: str
    ) -> AsyncGenerator[Progress, None]:
        """Signs of life until the task is done; closed before, it calls the task off. `used`: see
        `LoadedModels.waiting_for`."""
        try:
            while not task.done():
                note = self._loaded.waiting_for(used)
                stage = None if note is None else Stage.DOWNLOADING_MODEL
                for order in orders:
                    yield Progress(order.token, 0.0, stage, note)
                await asyncio.wait((task,), timeout=self._settings.heartbeat)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


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
