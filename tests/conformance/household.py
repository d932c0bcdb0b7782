"""An actor with children beside it and children on the cluster: the root of a tree, or a branch."""

from __future__ import annotations

import os
from pathlib import Path

from actors.runtime.api import Child, Context, Recipe, Spawn
from actors.runtime.cluster.ray_host import RAY
from tests.conformance.cast import DEADLINE, Player, Punctual, Witness


class Household:
    def __init__(
        self,
        *,
        beside: tuple[str, ...] = (),
        apart: tuple[str, ...] = (),
        witnessed: bool = False,
        diary: Path | None = None,
    ) -> None:
        """Where there is a `diary`, its witness writes down there what it saw until the end, and
        one of its children is punctual."""
        self._witnessed = witnessed
        self._beside = beside
        self._apart = apart
        self._diary = diary
        self._children: list[Child] = []

    async def started(self, ctx: Context) -> None:
        self._witness = ctx.ref(Witness, "witness").within(DEADLINE)
        if self._witnessed:
            await ctx.spawn(Spawn("witness", Recipe.of(Witness)))
        for host, names in (("local", self._beside), (RAY, self._apart)):
            for name in names:
                kind = Player if self._diary is None else Punctual
                self._children.append(await ctx.spawn(Spawn(name, Recipe.of(kind), host)))

    async def pid(self) -> int:
        return os.getpid()

    async def give_up(self) -> None:
        raise LookupError("this is too much")

    async def stopping(self) -> None:
        for child in reversed(self._children):
            exit_ = await child.stop(DEADLINE)
            await self._witness.ask(Witness.note, f"{child.name}: {exit_.reason}")
        if self._diary is not None:
            self._diary.write_text("\n".join(await self._witness.ask(Witness.noted)))
