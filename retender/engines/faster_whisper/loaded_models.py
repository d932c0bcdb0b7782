"""The models of this process: found, downloaded, loaded, lent, and given up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from loguru import logger

from retender.engines.faster_whisper.default_model import DefaultModel
from retender.engines.faster_whisper.model_cache import CachedModel, ModelCache
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.engines.limits import FAILURES_KEPT
from retender.engines.models.download import DownloadProgress
from retender.engines.models.fitting import (
    MEGABYTE,
    Choice,
    choose,
    held_bytes,
    memory_for_models,
)
from retender.engines.models.library import MODEL, Library
from retender.errors import StorageTrouble, WorkError
from retender.jobs.messages import Note
from retender.storage.blobs import Blobs
from retender.workers.reports import HeldModel, ModelState

if TYPE_CHECKING:
    from retender.engines.faster_whisper.recogniser import Recogniser

TOLD_EVERY: Final = 10
"""Per cent of a download between two lines in the log."""


class LoadHangs(Exception):
    """Nothing but the end of the process stops it."""


class LoadedModels:
    def __init__(self, settings: WhisperSettings, library: Library, blobs: Blobs) -> None:
        self._settings = settings
        self._library = library
        self._blobs = blobs
        room = memory_for_models(settings.memory)
        self._cache: ModelCache[Recogniser] = ModelCache(
            self._load, self._size, room, settings.idle_seconds
        )
        # Not in a lane: those who are at work go on meanwhile.
        self._loader = ThreadPoolExecutor(1, "loader")
        self._names: dict[Path, str] = {}
        self._arriving: dict[str, DownloadProgress] = {}
        self._troubles: dict[str, str] = {}
        self._wishes = 0
        self.default = DefaultModel(settings, library, self.find)
        """The model for jobs that name none."""

    @property
    def held(self) -> tuple[Path, ...]:
        """The folders of the models in memory."""
        return self._cache.held

    @property
    def abandoned(self) -> bool:
        """Its models were given up, and nobody has wished for another."""
        return self._cache.abandoned and not self._wishes

    def chosen(self, asked: str) -> Choice:
        """The asked model, or a smaller one where that does not fit."""
        settings = self._settings
        return choose(asked, settings.memory, settings.precision, settings.lanes)

    async def settled(self, asked: str) -> Choice:
        """The model for a job, which is on this machine on return: the one that it names, or the
        default one or what replaces it."""
        if not asked:
            return await self.default.settle()
        choice = self.chosen(asked)
        await self.find(choice.used)
        return choice

    async def find(self, used: str) -> Path:
        """Where it is; it is downloaded where it is not here."""

        def tell(arrived: DownloadProgress) -> None:
            """Those who wait for the same model share the lines in the log."""
            before = self._arriving.get(used)
            self._arriving[used] = arrived
            step = arrived.percent // TOLD_EVERY
            if before is None or step > before.percent // TOLD_EVERY:
                percent = arrived.percent
                logger.info("downloading the model {}: {} %", used, percent)

        try:
            folder = await self._library.obtain(used, tell)
        finally:
            self._arriving.pop(used, None)
        self._names[folder] = used
        self._troubles.pop(used, None)
        return folder

    @asynccontextmanager
    async def lend(self, used: str) -> AsyncIterator[Recogniser]:
        async with self._cache.lend(await self.find(used)) as recogniser:
            yield recogniser

    async def load(self, asked: str) -> None:
        """As it was wished. What keeps it away is told with the next report."""
        used = self.chosen(asked).used
        self._wishes += 1
        try:
            await self._cache.bring(await self.find(used))
        except (WorkError, StorageTrouble) as error:
            self._troubles[used] = error.message
            while len(self._troubles) > FAILURES_KEPT:
                del self._troubles[next(iter(self._troubles))]
            raise
        finally:
            self._wishes -= 1

    async def unload(self, model: str) -> None:
        for folder in self._cache.held:
            if self._names[folder] == model:
                await self._cache.give_up(folder)

    def waiting_for(self, used: str) -> Note | None:
        """What to say to those who wait for this model while it is downloaded; without a name, for
        the default one."""
        used = used or self.default.sought
        arrived = self._arriving.get(used)
        if arrived is None:
            return None
        megabytes = {"done": arrived.done // MEGABYTE, "total": arrived.total // MEGABYTE}
        return Note("downloading_model", {"model": used, "percent": arrived.percent, **megabytes})

    def models(self) -> tuple[HeldModel, ...]:
        coming = (
            HeldModel(
                model=name,
                state=ModelState.DOWNLOADING,
                precision=self._settings.precision,
                bytes=arrived.done,
                total=arrived.total,
            )
            for name, arrived in self._arriving.items()
        )
        failed = (
            HeldModel(model=name, state=ModelState.FAILED, trouble=trouble)
            for name, trouble in self._troubles.items()
        )
        return (*map(self._held, self._cache.standing()), *coming, *failed)

    async def close(self) -> None:
        await self._cache.close()
        self._loader.shutdown(wait=False, cancel_futures=True)

    def _held(self, standing: CachedModel) -> HeldModel:
        loaded = standing.loaded_for is not None
        return HeldModel(
            model=self._names[standing.folder],
            state=ModelState.LOADED if loaded else ModelState.LOADING,
            precision=self._settings.precision,
            bytes=standing.size,
            users=standing.users,
            loaded_for=standing.loaded_for or 0.0,
            idle_for=standing.idle_for,
        )

    async def _load(self, folder: Path) -> Recogniser:
        def load() -> Recogniser:
            from retender.engines.faster_whisper import recogniser  # noqa: PLC0415 - 50 MB

            return recogniser.Recogniser(folder, self._settings, self._blobs)

        loading = asyncio.get_running_loop().run_in_executor(self._loader, load)
        seconds = self._settings.load_seconds
        try:
            async with asyncio.timeout(seconds):
                return await loading
        except TimeoutError:
            raise LoadHangs(f"the model in {folder} is not loaded after {seconds:g} s") from None

    def _size(self, folder: Path) -> int:
        return held_bytes((folder / MODEL).stat().st_size, self._settings.lanes)
