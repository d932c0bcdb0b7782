"""The places on this machine where models may be, without any network."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from retender.engines.models import names
from retender.engines.models.sources.api import NEEDED
from retender.engines.models.sources.upstream import UPSTREAM


class NamedFolders:
    """Folders that the owner gave a name: models of their own."""

    def __init__(self, folders: Mapping[str, str]) -> None:
        self._folders = folders

    def folder(self, name: str) -> Path | None:
        return _if_whole(Path(self._folders[name])) if name in self._folders else None


class ModelsFolder:
    """Where this service keeps what it has downloaded."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def place(self, name: str) -> Path:
        """Where the model is, or would be."""
        return self._root / names.folder_name(name)

    def folder(self, name: str) -> Path | None:
        return None if names.repository(name) is None else _if_whole(self.place(name))

    def others(self, besides: set[str]) -> list[str]:
        """Models here whose folder names are not among these: repositories that clients named."""
        folders = self._root.iterdir() if self._root.is_dir() else ()
        return [
            folder.name.replace("--", "/", 1)
            for folder in folders
            if not folder.name.startswith(".") and folder.name not in besides and is_whole(folder)
        ]


class HubCache:
    """Where the hub's own client, and the programs that use it, keep models."""

    def __init__(self, root: str) -> None:
        self._root = root

    def folder(self, name: str) -> Path | None:
        """The revision that is known here, or else the last one that `main` was."""
        repository = names.repository(name)
        if not self._root or repository is None:
            return None
        entry = Path(self._root) / f"models--{repository.replace('/', '--')}"
        known = UPSTREAM.get(names.canonical(name))
        revisions = [] if known is None else [known.revision]
        with suppress(OSError):
            revisions.append((entry / "refs" / "main").read_text().strip())
        folders = (_if_whole(entry / "snapshots" / each) for each in revisions if each)
        return next((folder for folder in folders if folder is not None), None)


def is_whole(folder: Path) -> bool:
    return all((folder / file).is_file() for file in NEEDED)


def _if_whole(folder: Path) -> Path | None:
    return folder if is_whole(folder) else None
