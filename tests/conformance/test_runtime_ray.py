"""What only a cluster can promise: an actor dies alone, or with those that it has started."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from ray.util import list_named_actors

from actors.runtime.api import KILLED, NORMAL, Exit, Needs, Recipe, Spawn
from actors.runtime.cluster.ray_host import RAY
from actors.runtime.limits import FRAME_BYTES
from retender.errors import ActorGone, Busy, TooLarge
from tests.conformance.cast import Player
from tests.conformance.ending import DEADLINE, is_gone
from tests.conformance.household import Household
from tests.conformance.stage import Stage, begun

PROCESS_GONE = "its process was killed, or crashed"

pytestmark = pytest.mark.ray


def known(*names: str) -> set[str]:
    """Those of these names that the cluster has in its books."""
    return {each["name"] for each in list_named_actors(all_namespaces=True)} & set(names)


# A death and what it takes along.


async def test_an_actor_on_a_cluster_is_in_another_process(ray_stage: Stage) -> None:
    await ray_stage.start()
    assert await ray_stage.player().ask(Player.pid) != os.getpid()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSEGV])
async def test_the_death_of_a_process_fails_every_pending_ask_at_once(
    ray_stage: Stage, end: signal.Signals
) -> None:
    child = await ray_stage.start()
    player = ray_stage.player()
    pid = await player.ask(Player.pid)
    asks = [await begun(player.ask(Player.hold, "never")) for _ in range(5)]
    await ray_stage.sees("holding never")
    os.kill(pid, end)
    async with asyncio.timeout(DEADLINE):
        for ask in asks:
            with pytest.raises(ActorGone) as caught:
                await ask
            assert caught.value.details["cause"] == PROCESS_GONE
        assert await child.exited() == Exit("crashed", PROCESS_GONE)


async def test_leaving_without_a_word_is_a_crash(ray_stage: Stage) -> None:
    child = await ray_stage.start()
    with pytest.raises(ActorGone) as caught:
        await ray_stage.player().ask(Player.leave_the_process, 0)
    assert caught.value.details["cause"] == PROCESS_GONE
    assert await child.exited() == Exit("crashed", PROCESS_GONE)


@pytest.mark.parametrize("state", ["blocked", "stopped"])
async def test_one_that_does_not_listen_can_be_killed_and_its_name_is_free(
    ray_stage: Stage, state: str
) -> None:
    child = await ray_stage.start()
    pid = await ray_stage.player().ask(Player.pid)
    if state == "blocked":
        ray_stage.player().tell(Player.hang)
        await ray_stage.sees("hanging")
    else:
        os.kill(pid, signal.SIGSTOP)
    asked = await begun(ray_stage.player().ask(Player.echo, "are you there"))
    assert await child.stop(0.05) == KILLED
    with pytest.raises(ActorGone):
        await asked
    await ray_stage.start()
    assert await ray_stage.player().ask(Player.pid) != pid
    await is_gone(pid)


async def test_one_for_which_there_is_no_room_waits_and_can_be_given_up(ray_stage: Stage) -> None:
    big = Spawn("player", Recipe.of(Player), RAY, needs=Needs(cpus=1_000_000))
    spawning = await begun(ray_stage.runtime.spawn(big))
    async with asyncio.timeout(DEADLINE):
        while not known("player"):  # noqa: ASYNC110 - the cluster has no event for it
            await asyncio.sleep(0.01)
    assert not spawning.done()
    spawning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await spawning
    await ray_stage.start()
    assert await ray_stage.player().ask(Player.echo, "room for me") == "room for me"


@pytest.mark.parametrize("end", ["process killed", "killed", "stopped"])
async def test_the_children_of_an_actor_go_with_it(ray_stage: Stage, end: str) -> None:
    mother = await ray_stage.start(Household, "mother", beside=("son",), apart=("daughter",))
    pid = await ray_stage.runtime.ref(Household, "mother").ask(Household.pid)
    daughter = await ray_stage.player("daughter").ask(Player.pid)
    program = await ray_stage.player("daughter").ask(Player.breed)
    held = await begun(ray_stage.player("daughter").ask(Player.hold, "never"))
    await ray_stage.sees("holding never")
    if end == "process killed":
        os.kill(pid, signal.SIGKILL)
        assert await mother.exited() == Exit("crashed", PROCESS_GONE)
    elif end == "killed":
        assert await mother.kill() == KILLED
    else:
        await ray_stage.open("never")
        assert await mother.stop(DEADLINE) == NORMAL
        assert (await ray_stage.noted())[-2:] == ["daughter: normal", "son: normal"]
    for process in (pid, daughter, program):
        await is_gone(process)
    if end != "stopped":
        with pytest.raises(ActorGone):
            await held
    await ray_stage.start(name="daughter")
    assert await ray_stage.player("daughter").ask(Player.pid) != daughter


async def test_twenty_lives_leave_no_process_and_nothing_in_the_books(ray_stage: Stage) -> None:
    names = [f"life {number}" for number in range(5)]

    async def live_and_die(name: str, end: int) -> int:
        child = await ray_stage.start(name=name)
        player = ray_stage.player(name)
        pid = await player.ask(Player.pid)
        match end:
            case 0:
                await child.kill()
            case 1:
                await child.stop(DEADLINE)
            case 2:
                os.kill(pid, signal.SIGKILL)
            case _:
                player.tell(Player.crash, "over")
        await child.exited()
        return pid

    for end in range(4):
        pids = await asyncio.gather(*(live_and_die(name, end) for name in names))
        for pid in pids:
            await is_gone(pid)
        assert known(*names) == set()


# Messages.


async def test_an_actor_reaches_who_came_back_under_the_name(ray_stage: Stage) -> None:
    """By the first thing that it says, too: that another has died is known before."""
    child = await ray_stage.start()
    await ray_stage.start(name="other")
    other = ray_stage.player("other")
    assert await other.ask(Player.ask_another, "player", "hello") == "hello"
    pid = await ray_stage.player().ask(Player.pid)
    os.kill(pid, signal.SIGKILL)
    await child.exited()
    await ray_stage.start()
    await other.ask(Player.tell_another, "player", ["welcome", "back"])
    await ray_stage.sees("back")
    assert await ray_stage.player().ask(Player.heard) == ["welcome", "back"]


async def test_what_several_tell_at_once_arrives_in_order_from_each(ray_stage: Stage) -> None:
    senders = ["ann", "ben", "cleo"]
    await asyncio.gather(*(ray_stage.start(name=name) for name in ["player", *senders]))

    async def have_told(sender: str) -> None:
        said = [f"{sender} {number}" for number in range(200)]
        await ray_stage.player(sender).ask(Player.tell_another, "player", said)
        await ray_stage.player(sender).ask(Player.ask_another, "player", "was that all?")

    await asyncio.gather(*map(have_told, senders))
    heard = await ray_stage.player().ask(Player.heard)
    for sender in senders:
        from_it = [what for what in heard if what.startswith(sender)]
        assert from_it == [f"{sender} {number}" for number in range(200)]
    assert len(heard) == 600


async def test_a_message_too_large_is_refused_and_kills_nobody(ray_stage: Stage) -> None:
    await ray_stage.start()
    player = ray_stage.player()
    with pytest.raises(TooLarge) as caught:
        await player.ask(Player.echo, "x" * FRAME_BYTES)
    assert caught.value.details == {"limit": FRAME_BYTES}
    with pytest.raises(TooLarge):
        await player.ask(Player.huge, FRAME_BYTES)
    assert len(await player.ask(Player.echo, "x" * (FRAME_BYTES // 2))) == FRAME_BYTES // 2


async def test_what_an_actor_tells_in_vain_is_counted_where_it_was_started(
    ray_stage: Stage,
) -> None:
    await ray_stage.start()
    await ray_stage.start(name="other", mailbox=1)
    held = await begun(ray_stage.player("other").ask(Player.hold, "gate"))
    await ray_stage.sees("holding gate")
    await ray_stage.player().ask(Player.tell_too_much, "other", FRAME_BYTES)
    await ray_stage.dropped("other", 1)
    await ray_stage.player().ask(Player.tell_another, "other", ["fits", "does not"])
    await ray_stage.dropped("other", 2)
    with pytest.raises(Busy):
        await ray_stage.player().ask(Player.ask_another, "other", "full")
    await ray_stage.open("gate")
    assert await held == "gate"
