"""A line: one search for many messages, numbers in order, and an end to every one of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import NamedTuple

import msgspec
import pytest

from actors.runtime.cluster.channel import InstanceChannel, Lost, Reached
from actors.runtime.limits import FRAME_BYTES, OUTBOX_BYTES
from actors.runtime.mailbox import Call
from actors.runtime.packing import PackedCall, pack, pack_arguments
from actors.runtime.process.frames import ActorMessage, AskAnswered, failed, from_bytes, to_bytes
from retender.errors import ActorGone, BadRequest, Busy, QueueFull, RetenderError, TooLarge
from tests.support.actors.virtual_time import VirtualClock

GONE = ActorGone("the life is over")
UNREACHED = ActorGone("not reached at the moment")


class Sent(NamedTuple):
    """One message that has reached the other end, which may answer it."""

    line: str
    number: int
    message: ActorMessage
    outcome: asyncio.Future[bytes | None]

    def answer(self, value: object) -> None:
        self.outcome.set_result(to_bytes(AskAnswered(0, pack(value))))


class Reply:
    """Counts how often it is given something, for once is right."""

    def __init__(self) -> None:
        self.given: list[object] = []

    def answer(self, value: object) -> None:
        assert isinstance(value, msgspec.Raw)
        self.given.append(msgspec.msgpack.decode(value))

    def fail(self, error: RetenderError) -> None:
        self.given.append(error)


class Play:
    """A line, and the other end of it in the hands of the test."""

    def __init__(self) -> None:
        self.searches = 0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.found: asyncio.Future[Reached] = asyncio.get_running_loop().create_future()
        self.sent: list[Sent] = []
        self.dropped: list[tuple[str, str, str]] = []
        self.line = InstanceChannel("player", self._find, self._drop)

    async def deliver(self, line: str, number: int, frame: bytes) -> bytes | None:
        message = from_bytes(frame)
        assert isinstance(message, ActorMessage)
        outcome: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self.sent.append(Sent(line, number, message, outcome))
        return await outcome

    def ask(self, word: str) -> Reply:
        reply = Reply()
        self.line.put(Call("echo", (word,), {}), reply)
        return reply

    def tell(self, word: str) -> None:
        self.line.put(Call("hear", (word,), {}), None)

    async def _find(self) -> Reached:
        self.searches += 1
        return await self.found

    def _drop(self, to: str, method: str, why: str) -> None:
        self.dropped.append((to, method, why))


async def settled() -> None:
    """Returns when all that can run has run: time goes on only then."""
    await asyncio.sleep(1)


@pytest.fixture
async def play(virtual_clock: VirtualClock) -> AsyncIterator[Play]:
    play = Play()
    yield play
    await play.line.close(GONE)
    assert asyncio.all_tasks() == {asyncio.current_task()}, "the line has left a task behind"


@pytest.fixture
async def reached(play: Play) -> Play:
    play.found.set_result(play)
    return play


async def test_messages_are_numbered_in_the_order_in_which_they_were_put(reached: Play) -> None:
    for word in ("one", "two"):
        reached.tell(word)
    reached.ask("three")
    await settled()
    reached.tell("four")
    await settled()
    assert [sent.number for sent in reached.sent] == [0, 1, 2, 3]
    assert len({sent.line for sent in reached.sent}) == 1
    words = [msgspec.msgpack.decode(sent.message.arguments)[0] for sent in reached.sent]
    assert words == [["one"], ["two"], ["three"], ["four"]]


async def test_two_lines_to_one_actor_are_not_mistaken_for_each_other(reached: Play) -> None:
    other = Play()
    other.found.set_result(reached)
    reached.tell("from here")
    other.tell("from there")
    await settled()
    assert len({sent.line for sent in reached.sent}) == 2
    await other.line.close(GONE)


async def test_an_answer_comes_to_the_ask_that_it_belongs_to(reached: Play) -> None:
    first, second = reached.ask("one"), reached.ask("two")
    await settled()
    reached.sent[1].answer("2")
    await settled()
    assert (first.given, second.given) == ([], ["2"])
    reached.sent[0].answer("1")
    await settled()
    assert (first.given, second.given) == (["1"], ["2"])


async def test_a_refusal_comes_as_what_it_is(reached: Play) -> None:
    reply = reached.ask("one")
    await settled()
    reached.sent[0].outcome.set_result(failed(0, QueueFull("not now", retry_after=2.0)))
    await settled()
    (error,) = reply.given
    assert isinstance(error, QueueFull)
    assert error.details == {"retry_after": 2.0}
    assert not reached.line.over


async def test_a_tell_that_was_not_taken_is_counted_once(reached: Play) -> None:
    reached.tell("one")
    reached.tell("two")
    await settled()
    reached.sent[0].outcome.set_result(failed(0, Busy("player is full")))
    reached.sent[1].outcome.set_result(None)
    await settled()
    await reached.line.close(GONE)
    assert reached.dropped == [("player", "hear", "player is full")]


async def test_many_messages_look_for_the_actor_once(play: Play) -> None:
    for word in ("one", "two", "three"):
        play.tell(word)
    await settled()
    assert (play.searches, play.sent) == (1, [])
    play.found.set_result(play)
    await settled()
    play.tell("four")
    await settled()
    assert (play.searches, len(play.sent)) == (1, 4)


async def test_where_nobody_is_found_all_who_waited_are_told_and_the_line_is_over(
    play: Play,
) -> None:
    replies = [play.ask("one"), play.ask("two")]
    play.tell("three")
    play.found.set_exception(ActorGone("there is no player"))
    await settled()
    for reply in replies:
        (error,) = reply.given
        assert isinstance(error, ActorGone)
        assert error.message == "there is no player"
    assert play.dropped == [("player", "hear", "there is no player")]
    assert play.line.over
    with pytest.raises(ActorGone, match="there is no player"):
        play.tell("four")
    assert play.searches == 1


async def test_a_life_that_ends_fails_what_it_had_not_answered_and_takes_no_more(
    reached: Play,
) -> None:
    asked = [reached.ask("one"), reached.ask("two")]
    reached.tell("three")
    await settled()
    for sent in reached.sent:
        sent.outcome.set_exception(Lost(GONE))
    await settled()
    assert [reply.given for reply in asked] == [[GONE], [GONE]]
    assert reached.dropped == [("player", "hear", "the life is over")]
    assert reached.line.over
    with pytest.raises(ActorGone, match="the life is over"):
        reached.ask("four")


async def test_a_life_that_is_known_to_be_over_takes_no_more_and_still_answers_what_it_had(
    reached: Play,
) -> None:
    reply = reached.ask("one")
    await settled()
    reached.over.set_result(None)
    assert reached.line.over
    with pytest.raises(ActorGone, match="player has ended"):
        reached.ask("two")
    reached.sent[0].answer("1")
    await settled()
    assert reply.given == ["1"]


async def test_what_cannot_be_reached_for_a_moment_is_reached_afterwards_without_a_gap(
    reached: Play,
) -> None:
    lost = [reached.ask("one"), reached.ask("two")]
    await settled()
    for sent in reached.sent:
        sent.outcome.set_exception(Lost(UNREACHED, for_good=False))
    await settled()
    assert [reply.given for reply in lost] == [[UNREACHED], [UNREACHED]]
    later = [reached.ask("three"), reached.ask("four")]
    await settled()
    assert [sent.number for sent in reached.sent[2:]] == [0, 1]
    assert reached.sent[2].line == reached.sent[3].line != reached.sent[0].line
    for sent in reached.sent[2:]:
        sent.answer("here")
    await settled()
    assert [reply.given for reply in later] == [["here"], ["here"]]


async def test_one_of_those_lost_together_that_is_late_spoils_no_numbers(reached: Play) -> None:
    reached.ask("one")
    reached.ask("two")
    await settled()
    reached.sent[0].outcome.set_exception(Lost(UNREACHED, for_good=False))
    await settled()
    reached.ask("three")
    await settled()
    reached.sent[1].outcome.set_exception(Lost(UNREACHED, for_good=False))
    await settled()
    reached.ask("four")
    await settled()
    three, four = reached.sent[2:]
    assert (three.number, four.number) == (0, 1)
    assert three.line == four.line


async def test_beyond_what_may_be_under_way_it_is_busy_until_something_is_through(
    reached: Play,
) -> None:
    """Even where nothing has had time to leave."""
    large = "x" * (FRAME_BYTES // 2)
    for _ in range(OUTBOX_BYTES // len(large)):
        reached.tell(large)
    with pytest.raises(Busy) as caught:
        reached.tell("too many")
    assert caught.value.details["retry_after"] > 0
    await settled()
    with pytest.raises(Busy):
        reached.ask("too many")
    for sent in reached.sent:
        sent.outcome.set_result(None)
    await settled()
    reached.tell("now")
    await settled()
    assert reached.sent[-1].number == OUTBOX_BYTES // len(large)
    assert reached.dropped == []


@pytest.mark.parametrize(
    ("word", "refusal"), [("x" * FRAME_BYTES, TooLarge), (object(), BadRequest)]
)
async def test_what_cannot_be_sent_is_refused_and_leaves_no_gap(
    reached: Play, word: str, refusal: type[RetenderError]
) -> None:
    with pytest.raises(refusal):
        reached.tell(word)
    reached.tell("small")
    await settled()
    assert [sent.number for sent in reached.sent] == [0]


async def test_what_came_packed_is_passed_on_as_it_is(reached: Play) -> None:
    arguments = pack_arguments(("hello",), {})
    reached.line.put(PackedCall("echo", arguments), Reply())
    await settled()
    (sent,) = reached.sent
    assert bytes(sent.message.arguments) == bytes(arguments)
    assert sent.message.to == "player"


async def test_closing_answers_those_who_wait_counts_the_tells_and_takes_no_more(
    reached: Play,
) -> None:
    answered, waiting = reached.ask("one"), reached.ask("two")
    await settled()
    reached.sent[0].answer("1")
    await settled()
    reached.tell("on its way")
    reached.tell("not even that")
    await reached.line.close(GONE)
    await settled()
    assert (answered.given, waiting.given) == (["1"], [GONE])
    assert [why for _, _, why in reached.dropped] == ["the life is over"] * 2
    with pytest.raises(ActorGone, match="the life is over"):
        reached.tell("too late")


@pytest.mark.parametrize("turns", range(6))
async def test_an_answer_that_comes_while_the_line_is_closed_is_the_only_one(
    reached: Play, turns: int
) -> None:
    reply = reached.ask("one")
    await settled()
    reached.sent[0].answer("1")
    for _ in range(turns):
        await asyncio.sleep(0)
    await reached.line.close(GONE)
    assert len(reply.given) == 1


async def test_closing_while_the_actor_is_looked_for_ends_the_search(play: Play) -> None:
    reply = play.ask("one")
    await settled()
    await play.line.close(GONE)
    assert reply.given == [GONE]
    assert play.found.cancelled()


async def test_the_first_reason_for_an_end_is_the_one_that_is_told(reached: Play) -> None:
    reached.ask("one")
    await settled()
    reached.sent[0].outcome.set_exception(Lost(GONE))
    await settled()
    await reached.line.close(ActorGone("this process is ending"))
    with pytest.raises(ActorGone, match="the life is over"):
        reached.ask("two")


async def test_settling_waits_for_the_answers_but_not_for_ever(reached: Play) -> None:
    reply = reached.ask("one")
    await settled()
    answering: Awaitable[None] = reached.line.settle(60)
    asyncio.get_running_loop().call_later(5, reached.sent[0].answer, "1")
    await answering
    assert reply.given == ["1"]
    reached.ask("never answered")
    await reached.line.settle(60)
    assert not reached.line.over
