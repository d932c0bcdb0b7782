"""An actor need not know where another one lives."""

from __future__ import annotations

import asyncio

import pytest

from retender.errors import ActorGone, QueueFull
from tests.conformance.cast import Player
from tests.conformance.stage import Stage, begun


@pytest.fixture
async def others(stage: Stage) -> list[str]:
    """Names of players, one on each host; the one under test is called `player`."""
    await stage.start()
    for host in stage.hosts:
        await stage.start(name=f"other on {host}", host=host)
    return [f"other on {host}" for host in stage.hosts]


async def test_an_actor_asks_actors_on_every_host(stage: Stage, others: list[str]) -> None:
    for other in others:
        assert await stage.player().ask(Player.ask_another, other, "hello") == "hello"
        assert await stage.player(other).ask(Player.ask_another, "player", "hello") == "hello"


async def test_many_asks_between_actors_do_not_get_mixed_up(
    stage: Stage, others: list[str]
) -> None:
    asks = [
        stage.player(asker).ask(Player.ask_another, "player", f"{asker} {number}")
        for asker in others
        for number in range(20)
    ]
    answers = await asyncio.gather(*asks)
    assert answers == [f"{asker} {number}" for asker in others for number in range(20)]


async def test_what_an_actor_tells_arrives_in_order_on_every_host(
    stage: Stage, others: list[str]
) -> None:
    told = [str(number) for number in range(100)]
    for other in others:
        await stage.player().ask(Player.tell_another, other, told)
        await stage.sees("99")
        assert await stage.player(other).ask(Player.heard) == told


async def test_a_refusal_passes_through_the_actor_in_the_middle(
    stage: Stage, others: list[str]
) -> None:
    refusal = QueueFull("come back", retry_after=4.0)
    for other in others:
        with pytest.raises(QueueFull) as caught:
            await stage.player().ask(Player.ask_another_to_refuse, other, refusal.to_value())
        assert caught.value.to_value() == refusal.to_value()


async def test_an_actor_that_asks_nobody_is_told_so(stage: Stage) -> None:
    await stage.start()
    with pytest.raises(ActorGone, match="nobody"):
        await stage.player().ask(Player.ask_another, "nobody", "hello")


async def test_what_an_actor_tells_nobody_is_dropped_and_counted(stage: Stage) -> None:
    await stage.start()
    await stage.player().ask(Player.tell_another, "nobody", ["one", "two", "three"])
    await stage.dropped("nobody", 3)


async def test_an_ask_of_an_actor_ends_at_its_deadline(stage: Stage, others: list[str]) -> None:
    for other in others:
        assert await stage.player().ask(Player.ask_in_vain, other, 0.05) == "no_answer"
        assert await stage.player().ask(Player.echo, "still here") == "still here"


async def test_an_ask_of_an_actor_ends_when_the_asked_one_is_killed(stage: Stage) -> None:
    await stage.start()
    for host in stage.hosts:
        other = await stage.start(name=f"victim on {host}", host=host)
        asked = await begun(stage.player().ask(Player.ask_in_vain, f"victim on {host}", 60.0))
        await stage.sees("holding never")
        await other.kill()
        assert await asked == "actor_gone"
