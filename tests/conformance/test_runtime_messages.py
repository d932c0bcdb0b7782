"""Asking and telling: order, one at a time, and an end to every ask."""

from __future__ import annotations

import asyncio

import pytest

from actors.runtime.api import Exit
from retender.errors import ActorGone, Busy, ErrorValue, NoAnswer, QueueFull, RetenderError
from tests.conformance.cast import Player, Witness
from tests.conformance.stage import Stage, begun


async def test_an_ask_ends_in_the_answer_of_the_handler(stage: Stage) -> None:
    await stage.start()
    assert await stage.player().ask(Player.echo, "hello") == "hello"


async def test_arguments_may_be_named(stage: Stage) -> None:
    await stage.start()
    assert await stage.player().ask(Player.echo, text="hello") == "hello"


async def test_messages_from_one_sender_arrive_in_the_order_they_were_sent(stage: Stage) -> None:
    await stage.start()
    player = stage.player()
    sent = [str(number) for number in range(200)]
    for number in sent:
        player.tell(Player.hear, number)
    assert await player.ask(Player.heard) == sent


async def test_a_message_waits_until_the_one_before_is_handled_even_while_that_one_awaits(
    stage: Stage,
) -> None:
    await stage.start()
    names = [f"step {number}" for number in range(10)]
    await asyncio.gather(*(stage.player().ask(Player.step, name) for name in names))
    places = ("begins", "goes on", "ends")
    assert await stage.noted() == [f"{name} {place}" for name in names for place in places]


async def test_a_refusal_reaches_the_asker_as_what_it_is_and_the_actor_lives_on(
    stage: Stage,
) -> None:
    await stage.start()
    refusal = QueueFull("too many jobs", retry_after=2.5, waiting=7)
    with pytest.raises(QueueFull, match="too many jobs") as caught:
        await stage.player().ask(Player.refuse, refusal.to_value())
    assert caught.value.retry_after == 2.5
    assert caught.value.details == {"retry_after": 2.5, "waiting": 7}
    assert await stage.player().ask(Player.echo, "still here") == "still here"


@pytest.mark.parametrize("code", ["corrupt_media", "fenced", "bad_request", "worker_silent"])
async def test_every_kind_of_error_arrives_as_its_own_class(stage: Stage, code: str) -> None:
    await stage.start()
    details = {"chunk": 3, "nested": {"empty": None, "list": [1, 2.5, "x"]}}
    value = ErrorValue(code, "it went wrong", details)
    with pytest.raises(type(RetenderError.from_value(value))) as caught:
        await stage.player().ask(Player.refuse, value)
    assert caught.value.to_value() == value


async def test_a_refused_tell_harms_nobody(stage: Stage) -> None:
    await stage.start()
    stage.player().tell(Player.refuse, ErrorValue("busy", "not now"))
    assert await stage.player().ask(Player.echo, "still here") == "still here"


async def test_any_other_exception_kills_the_actor_and_its_watcher_learns_the_cause(
    stage: Stage,
) -> None:
    child = await stage.start()
    with pytest.raises(ActorGone) as caught:
        await stage.player().ask(Player.crash, "no such thing")
    assert caught.value.details["cause"] == "LookupError: no such thing"
    assert await child.exited() == Exit("crashed", "LookupError: no such thing")


async def test_awaiting_what_somebody_cancelled_is_a_crash_like_any_other(stage: Stage) -> None:
    child = await stage.start()
    with pytest.raises(ActorGone):
        await stage.player().ask(Player.await_cancelled)
    assert await child.exited() == Exit("crashed", "CancelledError")


async def test_a_crash_by_a_tell_is_a_crash(stage: Stage) -> None:
    child = await stage.start()
    stage.player().tell(Player.crash, "told")
    assert await child.exited() == Exit("crashed", "LookupError: told")


async def test_nobody_by_that_name_is_said_at_once_and_when_to_come_back(stage: Stage) -> None:
    with pytest.raises(ActorGone, match="nobody") as caught:
        await stage.player("nobody").ask(Player.echo, "hello")
    assert caught.value.details["retry_after"] > 0


async def test_a_tell_to_nobody_is_dropped_and_counted(stage: Stage) -> None:
    stage.player("nobody").tell(Player.hear, "one")
    stage.player("nobody").tell(Player.hear, "two")
    await stage.dropped("nobody", 2)


async def test_an_ask_without_an_answer_ends_at_its_deadline_and_harms_nobody(
    stage: Stage,
) -> None:
    await stage.start()
    with pytest.raises(NoAnswer, match="hold"):
        await stage.player().within(0.05).ask(Player.hold, "gate")
    await stage.open("gate")
    assert await stage.player().ask(Player.echo, "still here") == "still here"


async def test_a_full_mailbox_is_busy_exactly_at_its_bound(stage: Stage) -> None:
    await stage.start(mailbox=3)
    player = stage.player()
    held = await begun(player.ask(Player.hold, "gate"))
    await stage.sees("holding gate")
    for what in ("one", "two", "three"):
        player.tell(Player.hear, what)
    assert stage.runtime.dropped.get("player", 0) == 0
    with pytest.raises(Busy) as caught:
        await player.ask(Player.echo, "too many")
    assert caught.value.details["retry_after"] > 0
    player.tell(Player.hear, "four")
    await stage.dropped("player", 1)
    await stage.open("gate")
    assert await held == "gate"
    await stage.sees("three")
    assert await player.ask(Player.heard) == ["one", "two", "three"]


async def test_each_message_that_is_taken_makes_room_for_one(stage: Stage) -> None:
    await stage.start(mailbox=2)
    player = stage.player()
    first = await begun(player.ask(Player.hold, "first"))
    await stage.sees("holding first")
    second = await begun(player.ask(Player.hold, "second"))
    player.tell(Player.hear, "one")
    await stage.open("first")
    await stage.sees("holding second")
    player.tell(Player.hear, "two")
    with pytest.raises(Busy):
        await player.ask(Player.echo, "too many")
    await stage.open("second")
    await asyncio.gather(first, second)
    await stage.sees("two")
    assert await player.ask(Player.heard) == ["one", "two"]
    assert stage.runtime.dropped.get("player", 0) == 0


async def test_a_later_answer_comes_out_of_turn_and_the_mailbox_goes_on(stage: Stage) -> None:
    await stage.start()
    player = stage.player()
    first = await begun(player.ask(Player.promise, "first"))
    second = await begun(player.ask(Player.promise, "second"))
    await player.ask(Player.fulfil, "second", "2")
    assert await second == "2"
    assert not first.done()
    await player.ask(Player.fulfil, "first", "1")
    assert await first == "1"


async def test_a_later_answer_may_be_a_refusal(stage: Stage) -> None:
    await stage.start()
    asked = await begun(stage.player().ask(Player.promise, "it"))
    refusal = QueueFull("not after all", retry_after=1.0)
    await stage.player().ask(Player.go_back_on, "it", refusal.to_value())
    with pytest.raises(QueueFull, match="not after all"):
        await asked


async def test_a_later_answer_that_is_given_up_fails_its_asker_only(stage: Stage) -> None:
    await stage.start()
    asked = await begun(stage.player().ask(Player.promise, "it"))
    await stage.player().ask(Player.forget, "it")
    with pytest.raises(ActorGone):
        await asked
    assert await stage.player().ask(Player.echo, "still here") == "still here"


@pytest.mark.parametrize("asked", [True, False])
async def test_any_other_exception_in_a_later_answer_kills_the_actor(
    stage: Stage, asked: bool
) -> None:
    child = await stage.start()
    player = stage.player()
    asks = [await begun(player.ask(Player.promise, "it"))] if asked else []
    if not asked:
        player.tell(Player.promise, "it")
    player.tell(Player.break_promise, "it")
    assert await child.exited() == Exit("crashed", "LookupError: it")
    for ask in asks:
        with pytest.raises(ActorGone):
            await ask


async def test_an_actor_may_ask_while_it_handles_and_still_answers_in_turn(stage: Stage) -> None:
    await stage.start()
    held = await begun(stage.player().ask(Player.hold, "gate"))
    after = await begun(stage.player().ask(Player.echo, "after"))
    await stage.sees("holding gate")
    assert not after.done()
    await stage.witness.ask(Witness.open, "gate")
    assert await held == "gate"
    assert await after == "after"


async def test_an_actor_that_never_runs_out_of_messages_lets_others_live(stage: Stage) -> None:
    await stage.start()
    stage.player().tell(Player.run_after_itself, 1000)
    for what in ("meanwhile", "and again"):
        await stage.witness.ask(Witness.note, what)
    await stage.sees("out of breath")
    assert await stage.noted() == ["meanwhile", "and again", "out of breath"]
