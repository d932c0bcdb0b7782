"""What an actor does that lives beside its parent: it may have children of its own."""

from __future__ import annotations

import pytest

from retender.errors import ActorGone
from tests.conformance.cast import Clinging, Mother, Player
from tests.conformance.stage import Stage, begun


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_the_children_of_an_actor_go_with_it(local_stage: Stage, end: str) -> None:
    mother = await local_stage.start(Mother, "mother")
    assert await local_stage.player("daughter").ask(Player.echo, "hello") == "hello"
    await (mother.stop(30) if end == "stop" else mother.kill())
    with pytest.raises(ActorGone):
        await local_stage.player("daughter").ask(Player.echo, "hello")


async def test_a_second_kill_does_not_cut_short_the_end_of_the_children(
    local_stage: Stage,
) -> None:
    mother = await local_stage.start(Mother, "mother")
    held = await begun(local_stage.runtime.ref(Clinging, "son").within(60).ask(Clinging.hold))
    await local_stage.sees("holding")
    kills = [await begun(mother.kill())]
    await local_stage.sees("clinging")
    kills.append(await begun(mother.kill()))
    await local_stage.open("let go")
    assert [(await kill).reason for kill in kills] == ["killed", "killed"]
    for name in ("son", "daughter"):
        with pytest.raises(ActorGone):
            await local_stage.player(name).ask(Player.echo, "hello")
    with pytest.raises(ActorGone):
        await held
