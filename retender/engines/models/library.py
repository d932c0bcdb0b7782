"""Finds a model's files on this machine, and downloads them if needed.

    models/<name>/              complete and checked models
    models/.incoming/<name>/    a model that is being downloaded

A model is looked for in this order, without the network: the folders that the owner has named,
`models/`, the hub's cache that other programs share. Only then is it downloaded.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import httpx
import msgspec

from retender.engines.models import names
from retender.engines.models.download import Download, DownloadProgress
from retender.engines.models.hub import NEEDED, ModelHub
from retender.errors import InvalidOption, ModelUnavailable
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
        self._transport = transport
        self._root = Path(settings.root)

    def find(self, name: str) -> Path | None:
        """The model's folder on this machine; None if it is not here."""
        return next((place for place in self._places(name) if _whole(place)), None)

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
        others = sorted(_others(self._root, {names.folder_name(name) for name in self._names()}))
        return tuple(map(self._entry, (*self._names(), *others)))

    async def obtain(self, name: str, progress: Callable[[DownloadProgress], None]) -> Path:
        """The model's folder. It is downloaded if it is not on this machine.

        If several callers ask, even in different processes, one downloads the model, and all get
        the progress. Raises `ModelUnavailable`, which says what to do.
        """
        found = self.find(name)
        if found is not None:
            return found
        repository = self._repository(name)
        if self._settings.offline:
            raise self._missing(name, "downloading is switched off", "unset RETENDER_OFFLINE")
        place = self._place(name)
        incoming = self._root / ".incoming" / place.name
        try:
            async with ModelHub(self._settings, self._transport) as hub:
                await Download(hub, repository, incoming, place, _whole).run(progress)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise self._missing(name, _why(error), self._remedy(error)) from error
        return place

    def _names(self) -> list[str]:
        return sorted({*names.KNOWN_MODELS, *self._settings.folders})

    def _entry(self, name: str) -> LibraryEntry:
        folder, known = self.find(name), names.KNOWN_MODELS.get(name)
        size = 0 if folder is None else sum(file.stat().st_size for file in folder.iterdir())
        return LibraryEntry(name, size, None if known is None else known.millions)

    def _places(self, name: str) -> list[Path]:
        given = self._settings.folders.get(name)
        if given is not None:
            return [Path(given)]
        repository = names.repository(name)
        if repository is None:
            return []
        return [self._place(name), *_snapshots(self._settings.shared_cache, repository)]

    def _place(self, name: str) -> Path:
        return self._root / names.folder_name(name)

    def _repository(self, name: str) -> str:
        """Raises `ModelUnavailable` if the name is no model that may be downloaded."""
        if name in self._settings.folders:
            folder = self._settings.folders[name]
            missing = ", ".join(file for file in NEEDED if not (Path(folder) / file).is_file())
            raise ModelUnavailable(f"the folder {folder} of the model {name!r} lacks {missing}")
        known = names.canonical(name) in names.KNOWN_MODELS
        repository = names.repository(name)
        if repository is None or not (known or self._settings.any_repository):
            accepted = ", ".join(self._names())
            raise ModelUnavailable(f"there is no model {name!r}; there are: {accepted}")
        return repository

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
            f"into {self._place(name)}"
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
        return msgspec.json.decode(config, type=_Preprocessor).chunk_length * SAMPLE_RATE
    except msgspec.MsgspecError as error:
        raise ModelUnavailable(
            f"preprocessor_config.json in {folder} is broken: {error}"
        ) from error


def _why(error: Exception) -> str:
    if isinstance(error, httpx.HTTPStatusError):
        return f"{error.request.url.host} answers with status {error.response.status_code}"
    return str(error) or type(error).__name__


def _whole(folder: Path) -> bool:
    return all((folder / file).is_file() for file in NEEDED)


def _others(root: Path, besides: set[str]) -> list[str]:
    """Models of repositories that clients have named."""
    folders = root.iterdir() if root.is_dir() else ()
    return [
        folder.name.replace("--", "/", 1)
        for folder in folders
        if not folder.name.startswith(".") and folder.name not in besides and _whole(folder)
    ]


def _snapshots(cache: str, repository: str) -> list[Path]:
    """Where the hub's own client has put the latest revision of `main`."""
    if not cache:
        return []
    entry = Path(cache) / f"models--{repository.replace('/', '--')}"
    try:
        revision = (entry / "refs" / "main").read_text().strip()
    except OSError:
        return []
    return [entry / "snapshots" / revision]


class _Preprocessor(msgspec.Struct):
    chunk_length: int = WINDOW_SECONDS
