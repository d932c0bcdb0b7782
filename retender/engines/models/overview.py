"""All models: whether each is on disk, and which workers have it in memory."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from retender.engines.models.library import LibraryEntry
from retender.workers.reports import HeldModel


class ModelHolder(msgspec.Struct, frozen=True):
    """A worker that has a model in memory, or is loading it."""

    worker: str
    since: float
    """When it was loaded, in seconds since 1970; the present while it is being loaded."""
    held: HeldModel


class ModelInfo(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    on_disk: int = 0
    """Bytes of its files on this machine; 0 if it must be downloaded first."""
    millions: int | None = None
    """Millions of parameters; None if it is not a known model."""
    default: bool = False
    holders: tuple[ModelHolder, ...] = ()

    @property
    def downloaded(self) -> bool:
        return self.on_disk > 0


def overview(
    entries: Iterable[LibraryEntry], holders: Iterable[ModelHolder], default: str
) -> tuple[ModelInfo, ...]:
    """Models in memory first, then models on disk, each by name. A model that a worker has in
    memory is listed even if its files are deleted."""
    by_model: dict[str, list[ModelHolder]] = {}
    for holder in holders:
        by_model.setdefault(holder.held.model, []).append(holder)
    infos = [
        ModelInfo(
            name=entry.name,
            on_disk=entry.bytes,
            millions=entry.millions,
            default=entry.name == default,
            holders=tuple(by_model.pop(entry.name, ())),
        )
        for entry in entries
    ]
    infos += [
        ModelInfo(name=name, default=name == default, holders=tuple(held))
        for name, held in by_model.items()
    ]
    return tuple(sorted(infos, key=lambda info: (not info.holders, not info.on_disk, info.name)))
