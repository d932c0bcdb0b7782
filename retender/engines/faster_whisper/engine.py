"""faster-whisper behind the engine protocol.

Models are found (or downloaded) and loaded when the first order asks for them; several stay as
long as they have room. Chunks are handed to lanes as they fall free: a lane is one thread of
native computing at a time. A batch is called off between two native calls, each of which works on
one window of it: its lane is free again when the one under way has ended.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import httpx
import msgspec
from loguru import logger

from retender.blobs import BlobStore
from retender.engines.api import News, Progress
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.engines.faster_whisper.shelf import Shelf
from retender.engines.models.download import Arrived
from retender.engines.models.fitting import choose, held_bytes, room_for_models
from retender.engines.models.library import MODEL, Library, window
from retender.engines.preparation import Preparation, prepare
from retender.errors import WorkError
from retender.work import Broke, Order, Prepared

if TYPE_CHECKING:
    from retender.engines.faster_whisper.recogniser import Recogniser

P = ParamSpec("P")
R = TypeVar("R")

AUTO: Final = "auto"
TOLD_EVERY: Final = 10
"""Per cent of a download between two lines in the log."""


class WhisperEngine:
    """`transport` stands in for the network."""

    name = "local"

    def __init__(
        self,
        settings: WhisperSettings | dict[str, Any],
        *,
        root: str,
        preparation: Preparation | dict[str, Any],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        # In a recipe that has come from another process both are plain.
        self._settings = msgspec.convert(settings, WhisperSettings)
        self._preparation = msgspec.convert(preparation, Preparation)
        self.lanes = self._settings.lanes
        self.batch = self._settings.batch
        self._blobs = BlobStore(root)
        self._library = Library(self._settings.library, transport)
        room = room_for_models(self._settings.memory)
        self._shelf: Shelf[Recogniser] = Shelf(self._load, self._size, room)
        self._threads = ThreadPoolExecutor(self._settings.lanes, "lane")
        self._working = 0
        self._dozing: asyncio.TimerHandle | None = None
        self._spent = False

    @property
    def spent(self) -> bool:
        """Its models have been idle for long. All of their memory comes back to the machine when
        this process ends, and only then; nothing in hand is lost by it."""
        return self._spent and not self._working

    @property
    def held(self) -> tuple[Path, ...]:
        """The folders of the models in memory."""
        return self._shelf.held

    async def open(self) -> None:
        """Nothing is loaded before it is needed."""

    async def close(self) -> None:
        self._wake()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def work(self, orders: tuple[Order, ...]) -> AsyncGenerator[News, None]:
        self._wake()
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
            self._doze()

    async def _prepared(self, order: Order) -> AsyncGenerator[News, None]:
        try:
            async with aclosing(self._planned(order)) as news:
                async for item in news:
                    if isinstance(item, Prepared):
                        async with aclosing(self._settled(order, item)) as settled:
                            async for last in settled:
                                yield last
                    else:
                        yield item
        except WorkError as error:
            yield Broke(order.token, error.failure())

    async def _planned(self, order: Order) -> AsyncGenerator[News, None]:
        """A model that cannot be had is told before anything is decoded."""
        used = self._used(order)
        finding = asyncio.create_task(self._find(used))
        async with aclosing(self._signs_until(finding, (order,))) as signs:
            async for sign in signs:
                yield sign
        how = msgspec.structs.replace(self._preparation, window=window(finding.result()))
        async with aclosing(prepare(order, self._blobs, how)) as news:
            async for item in news:
                if isinstance(item, Prepared):
                    yield msgspec.structs.replace(item, engine=self.name, model=used)
                else:
                    yield item

    async def _settled(self, order: Order, prepared: Prepared) -> AsyncGenerator[News, None]:
        """The language of the whole is found while nobody works on its parts yet."""
        wanted = order.options.language == AUTO and not order.options.multilingual
        if wanted and prepared.plan.chunks:
            async with aclosing(self._lent(self._used(order), (order,))) as lent:
                async for item in lent:
                    if isinstance(item, Progress):
                        yield item
                    else:
                        await self._in_lane(item.settle_language, order, prepared.plan)
        yield prepared

    async def _transcribed(self, orders: tuple[Order, ...]) -> AsyncGenerator[News, None]:
        used = self._used(orders[0])
        async with aclosing(self._lent(used, orders)) as lent:
            async for item in lent:
                if isinstance(item, Progress):
                    yield item
                    continue
                steps = item.work(orders, used)
                while (news := await self._in_lane(next, steps, None)) is not None:
                    yield news

    async def _lent(
        self, used: str, orders: tuple[Order, ...]
    ) -> AsyncGenerator[Progress | Recogniser, None]:
        """Signs of life until the model is there, and then the model, until this is closed."""
        async with AsyncExitStack() as stack:
            taking = asyncio.create_task(self._take(used, stack))
            async with aclosing(self._signs_until(taking, orders)) as signs:
                async for sign in signs:
                    yield sign
            yield taking.result()

    async def _signs_until(
        self, task: asyncio.Task[Any], orders: tuple[Order, ...]
    ) -> AsyncGenerator[Progress, None]:
        """Signs of life until the task is done; closed before, it calls the task off."""
        try:
            while not task.done():
                for order in orders:
                    yield Progress(order.token, 0.0)
                await asyncio.wait((task,), timeout=self._settings.heartbeat)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _used(self, order: Order) -> str:
        """The model for an order: the asked one, or a smaller one where that does not fit."""
        settings = self._settings
        asked = order.options.model or settings.default
        return choose(asked, settings.memory, settings.precision, settings.lanes).used

    async def _find(self, used: str) -> Path:
        told = 0

        def tell(arrived: Arrived) -> None:
            nonlocal told
            if arrived.percent >= told + TOLD_EVERY:
                told = arrived.percent
                logger.info("downloading the model {}: {} %", used, told)

        return await self._library.obtain(used, tell)

    async def _take(self, used: str, stack: AsyncExitStack) -> Recogniser:
        return await stack.enter_async_context(self._shelf.lend(await self._find(used)))

    async def _load(self, folder: Path) -> Recogniser:
        def load() -> Recogniser:
            from retender.engines.faster_whisper import recogniser  # noqa: PLC0415 - 50 MB

            return recogniser.Recogniser(folder, self._settings, self._blobs)

        async with asyncio.timeout(self._settings.load_seconds):
            return await self._in_lane(load)

    def _size(self, folder: Path) -> int:
        return held_bytes((folder / MODEL).stat().st_size, self._settings.lanes)

    async def _in_lane(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        call = functools.partial(work, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def _wake(self) -> None:
        self._spent = False
        if self._dozing is not None:
            self._dozing.cancel()

    def _doze(self) -> None:
        if not self._working:
            loop = asyncio.get_running_loop()
            self._dozing = loop.call_later(self._settings.idle_seconds, self._grow_idle)

    def _grow_idle(self) -> None:
        self._spent = bool(self._shelf.held)
