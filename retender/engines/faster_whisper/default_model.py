"""Which model does the jobs that name none: the default one, or the best that can be had."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

from loguru import logger

from retender.engines.faster_whisper.settings import WhisperSettings
from retender.engines.models.fitting import Choice, choose
from retender.engines.models.library import Library
from retender.engines.models.substitutes import candidates
from retender.errors import ModelUnavailable, RetenderError, StorageTrouble

RETRY_SECONDS: Final = 600.0
"""For so long a default model that could not be had is not asked for again on the network, if
another one does its work."""


class DefaultModel:
    """`obtain` brings a model to this machine."""

    def __init__(
        self,
        settings: WhisperSettings,
        library: Library,
        obtain: Callable[[str], Awaitable[Path]],
    ) -> None:
        self._settings = settings
        self._library = library
        self._obtain = obtain
        self._missing = ""
        self._retry_at = 0.0
        self._told = ""
        self.sought = ""
        """The model that is being brought; empty if none is."""
        self.choice: Choice | None = None
        """The last result; None before the first."""

    async def settle(self) -> Choice:
        """The model is on this machine on return. Raises why the default model cannot be had if
        nothing can replace it."""
        try:
            choice = await self._settled()
        except RetenderError as error:
            self.choice = None
            self._tell("jobs that name no model cannot be done: " + error.message)
            raise
        self.choice = choice
        self._tell(_sentence(choice), replaced=choice.replaced)
        return choice

    def _tell(self, sentence: str, *, replaced: bool = True) -> None:
        """Once, until something changes."""
        if sentence != self._told:
            self._told = sentence
            logger.log("WARNING" if replaced else "INFO", "{}", sentence)

    async def _settled(self) -> Choice:
        wanted = self._fitting(self._settings.default)
        present = await asyncio.to_thread(self._library.find, wanted.used)
        waits = asyncio.get_running_loop().time() < self._retry_at
        if present is None and waits and (other := await self._replaced(wanted, self._missing)):
            return other
        try:
            await self._bring(wanted.used)
        except (ModelUnavailable, StorageTrouble) as error:
            if isinstance(error, ModelUnavailable):
                self._missing = error.message
                self._retry_at = asyncio.get_running_loop().time() + RETRY_SECONDS
            if other := await self._replaced(wanted, error.message):
                return other
            raise
        return wanted

    async def _replaced(self, wanted: Choice, missing: str) -> Choice | None:
        """None if nothing else can be had, either."""
        entries = await asyncio.to_thread(self._library.catalogue)
        here = [entry.name for entry in entries if entry.bytes]
        for name in self._that_fit(candidates(wanted.used, self._settings.fallback, here)):
            try:
                await self._bring(name)
            except (ModelUnavailable, StorageTrouble) as error:
                logger.debug("{} cannot be had, either: {}", name, error.message)
            else:
                return Choice(wanted.asked, name, missing)
        return None

    async def _bring(self, name: str) -> None:
        self.sought = name
        try:
            await self._obtain(name)
        finally:
            self.sought = ""

    def _that_fit(self, found: tuple[str, ...]) -> Iterator[str]:
        for name in found:
            try:
                choice = self._fitting(name)
            except ModelUnavailable:
                continue
            if not choice.replaced:
                yield name

    def _fitting(self, name: str) -> Choice:
        settings = self._settings
        return choose(name, settings.memory, settings.precision, settings.lanes)


def _sentence(choice: Choice) -> str:
    if choice.missing:
        how = f"by {choice.used}, the best model that can be had: {choice.missing}"
    elif choice.replaced:
        how = (
            f"by {choice.used}, as {choice.asked} needs more memory than there is; "
            "`retender doctor` says how much"
        )
    else:
        how = f"by {choice.used}, which is here"
    return f"jobs that name no model are done {how}"
