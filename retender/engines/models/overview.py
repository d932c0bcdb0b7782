"""Every model that may be asked for: whether it is on disk, and where it is in memory."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from retender.engines.models.library import LibraryEntry
from retender.workers.reports import HeldModel


class ModelHolder(msgspec.Struct, frozen=True):
    """A worker that has a model, or is on its way to it."""

    worker: str
    since: float
    """When it was there, in seconds since 1970; while it is on its way: the present."""
    held: HeldModel


class ModelInfo(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    on_disk: int = 0
    """Bytes of its files here; 0: it is to be downloaded first."""
    millions: int | None = None
    """Of parameters, where it is one of the known models."""
    default: bool = False
    holders: tuple[ModelHolder, ...] = ()

    @property
    def downloaded(self) -> bool:
        return self.on_disk > 0


def overview(
    entries: Iterable[LibraryEntry], holders: Iterable[ModelHolder], default: str
) -> tuple[ModelInfo, ...]:
    """The present first, then by name; what a worker holds is there though its files are gone."""
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
