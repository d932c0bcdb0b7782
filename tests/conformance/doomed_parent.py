"""A parent for a test to kill: starts two children, one of them hung, and prints their pids."""

from __future__ import annotations

import asyncio

from tests.conformance.cast import Player, Witness
from tests.conformance.stage import Stage, begun, new_runtime


async def main() -> None:
    stage = Stage(new_runtime(), "process", ("local", "process"))
    await stage.start(Witness, "witness", host="local")
    pids = []
    for name in ("idle", "hung"):
        await stage.start(Player, name)
        pids.append(await stage.player(name).ask(Player.pid))
    hung = await begun(stage.player("hung").ask(Player.hang))
    await stage.sees("hanging")
    print(*pids, flush=True)  # noqa: T201 - this is how the test learns them
    await hung


if __name__ == "__main__":
    asyncio.run(main())
