"""The line between two processes, both ends in this one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.runtime.limits import OUTBOX_BYTES
from actors.runtime.mailbox import Call
from actors.runtime.process.frames import (
    ActorMessage,
    AskAnswered,
    Frame,
    FrameReader,
    MessageDropped,
    MessageTaken,
    to_bytes,
)
from actors.runtime.process.link import Link
from retender.errors import ActorGone, Busy
from tests.conformance.stage import Kept


class Line:
    def __init__(self) -> None:
        self.near, self.far = Link(), Link()
        self.arrived: asyncio.Queue[Frame] = asyncio.Queue()

    async def open(self) -> None:
        near, far = socket.socketpair()
        await self.near.open(near, lambda _: None)
        await self.far.open(far, self.arrived.put_nowait)


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    line = Line()
    await line.open()
    yield line
    await line.near.abort()
    await line.far.abort()


def hello() -> Call:
    return Call("hello", (), {})


async def test_what_is_said_before_the_line_is_open_goes_out_first() -> None:
    line = Line()
    line.near.send(MessageDropped("other", "first", ""))
    await line.open()
    line.near.send(MessageDropped("other", "second", ""))
    heard = [await line.arrived.get(), await line.arrived.get()]
    assert heard == [MessageDropped("other", "first", ""), MessageDropped("other", "second", "")]
    await line.near.abort()
    await line.far.abort()


async def test_an_ask_is_answered_by_its_number(line: Line) -> None:
    replies = [Kept(), Kept()]
    for reply in replies:
        line.near.post("other", hello(), reply)
    asks = [await line.arrived.get(), await line.arrived.get()]
    for text, ask in zip("ba", reversed(asks), strict=True):
        assert isinstance(ask, ActorMessage)
        answer = line.far.reply_to(ask)
        assert answer is not None
        answer.answer(text)
    answers = [msgspec.msgpack.decode(await reply.outcome) for reply in replies]
    assert answers == ["a", "b"]


async def test_every_ask_under_way_ends_when_the_line_is_given_up_and_later_ones_at_once(
    line: Line,
) -> None:
    replies = [Kept(), Kept()]
    for reply in replies:
        line.near.post("other", hello(), reply)
    line.near.fail_all(ActorGone("the line is gone"))
    for reply in replies:
        with pytest.raises(ActorGone, match="the line is gone"):
            await reply.outcome
    with pytest.raises(ActorGone, match="the line is gone"):
        line.near.post("other", hello(), Kept())


async def test_both_ends_learn_that_the_other_hung_up(line: Line) -> None:
    await line.near.abort()
    await line.far.lost


async def test_an_answer_that_nobody_waits_for_falls_on_the_floor(line: Line) -> None:
    line.far.send(AskAnswered(99, msgspec.Raw(b"\xc0")))
    line.far.fail(98, ActorGone("gone"))
    reply = Kept()
    line.near.post("other", hello(), reply)
    ask = await line.arrived.get()
    assert isinstance(ask, ActorMessage)
    line.far.send(AskAnswered(ask.number, msgspec.Raw(b"\xc0")))
    assert msgspec.msgpack.decode(await reply.outcome) is None


async def test_messages_to_one_who_does_not_read_are_refused_when_the_outbox_is_full() -> None:
    line = Line()
    near, far = socket.socketpair()
    with far:
        await line.near.open(near, lambda _: None)
        piece = Call("hello", (b"x" * 1024 * 1024,), {})
        for _ in range(OUTBOX_BYTES // 1024 // 1024):
            line.near.post("other", piece, None)
        line.near.post("other", piece, None)  # what the kernel holds is not in the outbox
        with pytest.raises(Busy):
            line.near.post("other", piece, Kept())
        await line.near.abort()


@pytest.mark.parametrize("nonsense", [b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\0\0\0\2hi"])
async def test_one_who_talks_nonsense_is_hung_up_on(nonsense: bytes) -> None:
    line = Line()
    near, far = socket.socketpair()
    with far:
        await line.near.open(near, lambda _: None)
        far.sendall(nonsense)
        await line.near.lost
        assert far.recv(1) == b""


FRAMES: list[Frame] = [
    ActorMessage("other", "hello", msgspec.Raw(b"\x92\x90\x80"), 7),
    MessageTaken(),
    MessageDropped("nobody", "hello", "there is no nobody"),
    AskAnswered(7, msgspec.Raw(b"\xa5hello")),
]


@given(st.lists(st.sampled_from(FRAMES), max_size=8), st.data())
def test_frames_are_the_same_however_the_stream_is_cut(
    frames: list[Frame], data: st.DataObject
) -> None:
    stream = b"".join(map(to_bytes, frames))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    reader = FrameReader()
    assert [frame for piece in pieces for frame in reader.feed(piece)] == frames


@given(st.lists(st.sampled_from(FRAMES), min_size=1, max_size=4))
def test_one_who_reads_only_what_is_missing_never_reads_past_a_frame(
    frames: list[Frame],
) -> None:
    stream = b"".join(map(to_bytes, frames))
    for frame in frames:
        reader = FrameReader()
        found: list[Frame] = []
        while not found:
            piece, stream = stream[: reader.missing], stream[reader.missing :]
            found = list(reader.feed(piece))
        assert found == [frame]
    assert stream == b""
