"""Being born, coming to an end, and coming back under the same name."""

from __future__ import annotations

import asyncio
import gc

import pytest

from actors.runtime.api import NORMAL, Exit
from retender.errors import ActorGone
from tests.conformance.cast import NeverReady, Player, Punctual, SlowToStart, Stillborn
from tests.conformance.stage import Stage, another_runtime, begun


async def test_hooks_come_before_the_first_message_and_after_the_last(stage: Stage) -> None:
    child = await stage.start(Punctual, "punctual")
    await stage.runtime.ref(Punctual, "punctual").ask(Punctual.work)
    assert await child.stop(30) == NORMAL
    assert await stage.noted() == ["started", "working", "stopping"]


async def test_spawning_returns_once_the_actor_has_started(stage: Stage) -> None:
    spawning = await begun(stage.start(SlowToStart, "slow"))
    await stage.sees("starting")
    assert not spawning.done()
    await stage.open("start")
    await spawning


async def test_a_message_that_comes_before_the_actor_has_started_waits_for_it(
    stage: Stage,
) -> None:
    spawning = await begun(stage.start(SlowToStart, "slow"))
    asked = await begun(stage.player("slow").ask(Player.echo, "early"))
    await stage.sees("starting")
    assert not asked.done()
    await stage.open("start")
    assert await asked == "early"
    await spawning


async def test_a_spawn_that_is_given_up_leaves_nothing_behind(stage: Stage) -> None:
    spawning = await begun(stage.start(SlowToStart, "slow"))
    await stage.sees("starting")
    spawning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await spawning
    with pytest.raises(ActorGone):
        await stage.player("slow").ask(Player.echo, "hello")


async def test_a_spawn_that_is_given_up_at_once_leaves_nothing_behind(stage: Stage) -> None:
    spawning = await begun(stage.start(name="early"))
    spawning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await spawning
    await stage.start(name="early")


@pytest.mark.parametrize(
    ("actor", "cause"),
    [
        (Stillborn, "LookupError: no such model"),
        (NeverReady, "LookupError: player finds no model"),
        ("tests.conformance.cast:Nobody", "Nobody"),
        ("tests.conformance.no_such_module:Nobody", "no_such_module"),
    ],
)
async def test_what_cannot_start_says_why_and_leaves_its_name_free(
    stage: Stage, actor: type | str, cause: str
) -> None:
    with pytest.raises(ActorGone, match=cause) as caught:
        await stage.start(actor)
    assert cause in caught.value.details["cause"]
    await stage.start()
    assert await stage.player().ask(Player.echo, "hello") == "hello"


async def test_wrong_options_are_a_failure_to_start(stage: Stage) -> None:
    with pytest.raises(ActorGone, match="volume"):
        await stage.start(volume=11)


async def test_two_actors_cannot_have_one_name(stage: Stage) -> None:
    await stage.start()
    with pytest.raises(ValueError, match="player"):
        await stage.start()


async def test_of_two_spawned_at_once_under_one_name_one_lives(stage: Stage) -> None:
    outcomes = await asyncio.gather(stage.start(), stage.start(), return_exceptions=True)
    assert sum(isinstance(outcome, ValueError) for outcome in outcomes) == 1
    assert await stage.player().ask(Player.echo, "hello") == "hello"


async def test_an_old_ref_reaches_who_came_back_under_the_name(stage: Stage) -> None:
    child = await stage.start()
    player = stage.player()
    await player.ask(Player.hear, "in my first life")
    await child.kill()
    with pytest.raises(ActorGone):
        await player.ask(Player.heard)
    await stage.start()
    assert await player.ask(Player.heard) == []


async def test_stopping_waits_for_the_present_message(stage: Stage) -> None:
    child = await stage.start()
    held = await begun(stage.player().ask(Player.hold, "gate"))
    await stage.sees("holding gate")
    stopping = await begun(child.stop(30))
    await stage.open("gate")
    assert await held == "gate"
    assert await stopping == NORMAL


async def test_a_long_handler_sees_that_it_should_come_to_an_end(stage: Stage) -> None:
    child = await stage.start()
    working = await begun(stage.player().ask(Player.work_until_stopping))
    await stage.sees("working")
    assert await child.stop(30) == NORMAL
    assert await working == "came to an end"


async def test_when_the_grace_time_is_over_it_is_killed_without_a_last_word(stage: Stage) -> None:
    child = await stage.start(Punctual, "punctual")
    held = await begun(stage.runtime.ref(Punctual, "punctual").within(60).ask(Punctual.hold))
    await stage.sees("holding")
    assert (await child.stop(0.05)).reason == "killed"
    with pytest.raises(ActorGone):
        await held
    assert "stopping" not in await stage.noted()


async def test_a_crash_gives_no_chance_for_a_last_word(stage: Stage) -> None:
    child = await stage.start(Punctual, "punctual")
    stage.runtime.ref(Punctual, "punctual").tell(Punctual.crash)
    assert (await child.exited()).reason == "crashed"
    assert await stage.noted() == ["started"]


async def test_messages_left_when_the_actor_stops_are_told_so(stage: Stage) -> None:
    child = await stage.start()
    player = stage.player()
    held = await begun(player.ask(Player.hold, "gate"))
    left = [await begun(player.ask(Player.echo, "left")) for _ in range(3)]
    await stage.sees("holding gate")
    stopping = await begun(child.stop(30))
    await stage.open("gate")
    assert await held == "gate"
    for ask in left:
        with pytest.raises(ActorGone):
            await ask
    assert await stopping == NORMAL


async def test_messages_left_when_the_actor_crashes_are_told_the_cause(stage: Stage) -> None:
    await stage.start()
    player = stage.player()
    asks = [await begun(player.ask(Player.hold_then_crash, "gate"))]
    asks += [await begun(player.ask(Player.hear, "left")) for _ in range(3)]
    await stage.sees("holding gate")
    await stage.open("gate")
    for ask in asks:
        with pytest.raises(ActorGone) as caught:
            await ask
        assert caught.value.details["cause"] == "LookupError: gate"
    assert "left" not in await stage.noted()


async def test_messages_left_when_the_actor_is_killed_are_told_so(stage: Stage) -> None:
    child = await stage.start()
    player = stage.player()
    asks = [await begun(player.ask(Player.hold, "gate")) for _ in range(3)]
    await stage.sees("holding gate")
    assert (await child.kill()).reason == "killed"
    for ask in asks:
        with pytest.raises(ActorGone):
            await ask


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_promised_answers_are_failed_when_the_actor_ends(stage: Stage, end: str) -> None:
    child = await stage.start()
    asked = await begun(stage.player().ask(Player.promise, "it"))
    await stage.player().ask(Player.echo, "the promise is given")
    await (child.stop(30) if end == "stop" else child.kill())
    with pytest.raises(ActorGone):
        await asked


async def test_an_actor_may_end_itself_and_that_is_normal(stage: Stage) -> None:
    child = await stage.start()
    player = stage.player()
    held = await begun(player.ask(Player.hold, "gate"))
    finished = await begun(player.ask(Player.finish))
    left = await begun(player.ask(Player.echo, "too late"))
    await stage.open("gate")
    assert await held == "gate"
    assert await finished == "finished"
    assert await child.exited() == NORMAL
    with pytest.raises(ActorGone):
        await left


async def test_an_actor_that_ends_itself_may_say_why(stage: Stage) -> None:
    child = await stage.start()
    assert await stage.player().ask(Player.finish, "all is done") == "finished"
    assert await child.exited() == Exit("normal", "all is done")


async def test_the_end_is_told_to_many_and_again(stage: Stage) -> None:
    child = await stage.start()
    watchers = [await begun(child.exited()) for _ in range(3)]
    given_up = await begun(child.exited())
    given_up.cancel()
    stage.player().tell(Player.crash, "over")
    assert await asyncio.gather(*watchers) == [Exit("crashed", "LookupError: over")] * 3
    assert await child.exited() == Exit("crashed", "LookupError: over")


async def test_killing_or_stopping_what_has_ended_tells_how_it_ended(stage: Stage) -> None:
    child = await stage.start()
    await child.stop(30)
    assert await child.kill() == NORMAL
    assert await child.stop(30) == NORMAL


async def test_two_may_kill_at_once(stage: Stage) -> None:
    child = await stage.start()
    exits = await asyncio.gather(child.kill(), child.kill(), child.exited())
    assert [exit_.reason for exit_ in exits] == ["killed"] * 3


async def test_an_answer_waited_for_beside_the_messages_comes_as_one(stage: Stage) -> None:
    await stage.start()
    await stage.player().ask(Player.wait_beside, "gate")
    assert await stage.player().ask(Player.echo, "meanwhile") == "meanwhile"
    await stage.open("gate")
    await stage.sees("passed with None")


async def test_a_refusal_waited_for_beside_the_messages_comes_as_one(stage: Stage) -> None:
    await stage.start()
    await stage.player().ask(Player.ask_nobody)
    await stage.sees("turned away by actor_gone")


async def test_any_other_exception_waited_for_beside_kills_the_actor(stage: Stage) -> None:
    child = await stage.start()
    stage.player().tell(Player.break_beside, "no such thing")
    assert await child.exited() == Exit("crashed", "LookupError: no such thing")


async def test_an_actor_may_end_before_what_it_waits_for_beside_has_begun(stage: Stage) -> None:
    """A coroutine that nobody awaits is an error in all tests."""
    child = await stage.start()
    stage.player().tell(Player.end_before_it_waits)
    assert await child.exited() == NORMAL
    gc.collect()


async def test_an_answer_waited_for_beside_is_forgotten_when_the_actor_ends(stage: Stage) -> None:
    child = await stage.start()
    await stage.player().ask(Player.wait_beside, "gate")
    await child.stop(30)
    await stage.start()
    await stage.open("gate")
    await stage.player().ask(Player.hear, "in my second life")
    await stage.sees("in my second life")
    assert await stage.noted() == ["in my second life"]


async def test_what_was_put_off_is_told_after_a_while(stage: Stage) -> None:
    await stage.start()
    await stage.player().ask(Player.hear_after, 0.01, "put off")
    await stage.sees("put off")


async def test_what_was_put_off_is_forgotten_when_the_actor_ends(stage: Stage) -> None:
    child = await stage.start()
    await stage.player().ask(Player.hear_after, 0.02, "in my first life")
    await child.stop(30)
    in_time = list(await stage.noted())  # where the machine took so long to stop it
    await stage.start()
    await stage.player().ask(Player.hear_after, 0.1, "in my second life")
    await stage.sees("in my second life")
    assert await stage.noted() == [*in_time, "in my second life"]


async def test_what_was_put_off_finds_a_place_in_a_full_mailbox_and_takes_no_other(
    stage: Stage,
) -> None:
    await stage.start(mailbox=1)
    held = await begun(stage.player().ask(Player.ring_and_hold, "put off", "gate"))
    await stage.sees("holding gate")
    stage.player().tell(Player.hear, "told")
    assert stage.runtime.dropped.get("player", 0) == 0
    await stage.open("gate")
    assert await held == "gate"
    await stage.sees("put off")
    await stage.sees("told")


async def test_an_actor_knows_its_name_and_the_time_it_was_given(stage: Stage) -> None:
    await stage.start(name="hamlet")
    name, now, _ = await stage.player("hamlet").ask(Player.introduce)
    assert name == "hamlet"
    assert now == pytest.approx(stage.runtime.clock.now())


async def test_chance_is_the_same_in_every_run_with_one_seed_and_another_in_each_life(
    stage: Stage,
) -> None:
    draws: list[list[float]] = []
    for _ in range(2):
        run = Stage(another_runtime(stage.host, seed=11), stage.host, stage.hosts)
        for _ in range(2):
            child = await run.start()
            draws.append([(await run.player().ask(Player.introduce))[2]])
            await child.kill()
    assert draws[:2] == draws[2:]
    assert draws[0] != draws[1]
