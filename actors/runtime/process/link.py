"""One end of the socket between a parent and a child process: frames and open asks."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from itertools import count
from typing import cast

import msgspec
from loguru import logger

from actors.runtime.limits import OUTBOX_BYTES
from actors.runtime.mailbox import Call, Reply
from actors.runtime.packing import PackedCall, pack, pack_arguments
from actors.runtime.process import frames
from retender.errors import ActorGone, Busy, RetenderError


class Link(asyncio.Protocol):
    """Every ask ends in an answer, in an error, or in `fail_all`.

    Frames sent before it is open are kept and go out first.
    """

    def __init__(self) -> None:
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._receive: Callable[[frames.Frame], None]
        self._reader = frames.FrameReader()
        self._transport: asyncio.Transport | None = None
        self._unsent = bytearray()
        self._unanswered: dict[int, Reply] = {}
        self._numbers = count(1)
        self._over: ActorGone | None = None

    async def open(self, end: socket.socket, receive: Callable[[frames.Frame], None]) -> None:
        """`receive` is called with every frame except answers, in order."""
        self._receive = receive
        await asyncio.get_running_loop().create_unix_connection(lambda: self, sock=end)

    @property
    def full(self) -> bool:
        buffered = self._transport.get_write_buffer_size() if self._transport else 0
        return len(self._unsent) + buffered > OUTBOX_BYTES

    def send(self, frame: frames.Frame) -> None:
        self._write(frames.to_bytes(frame))

    def post(self, to: str, call: Call | PackedCall, reply: Reply | None) -> None:
        """Send a message. Raises a `RetenderError` if it cannot be sent."""
        if self._over is not None:
            raise self._over
        if self.full:
            raise Busy(f"the line to {to} is full", retry_after=1.0)
        if isinstance(call, PackedCall):
            arguments = call.arguments
        else:
            arguments = pack_arguments(call.args, call.kwargs)
        number = next(self._numbers) if reply is not None else 0
        data = frames.to_bytes(frames.ActorMessage(to, call.method, arguments, number))
        if reply is not None:
            self._unanswered[number] = reply
        self._write(data)

    def reply_to(self, message: frames.ActorMessage) -> Reply | None:
        return _LinkReply(self, message.number) if message.number else None

    def fail(self, number: int, error: RetenderError) -> None:
        self._write(frames.failed(number, error))

    def fail_all(self, error: ActorGone) -> None:
        """Fail all open asks, and all later ones, with `error`."""
        if self._over is None:
            self._over = error
            unanswered, self._unanswered = self._unanswered, {}
            for reply in unanswered.values():
                reply.fail(error)

    def hang_up(self) -> None:
        """Drop unsent frames and close."""
        if self._transport is not None:
            self._transport.abort()

    async def abort(self) -> None:
        """Close; return when the connection is gone."""
        self.hang_up()
        if self._transport is not None:
            await self.lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(bytes(self._unsent))
        self._unsent.clear()

    def data_received(self, data: bytes) -> None:
        try:
            for frame in self._reader.feed(data):
                self._dispatch(frame)
        except msgspec.MsgspecError as error:
            logger.error("the other process does not speak our language: {}", error)
            self.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if not self.lost.done():
            self.lost.set_result(None)

    def _dispatch(self, frame: frames.Frame) -> None:
        if isinstance(frame, frames.AskAnswered):
            if (reply := self._unanswered.pop(frame.number, None)) is not None:
                reply.answer(frame.value)
        elif isinstance(frame, frames.AskFailed):
            if (reply := self._unanswered.pop(frame.number, None)) is not None:
                reply.fail(RetenderError.from_value(frame.error))
        else:
            self._receive(frame)

    def _write(self, data: bytes) -> None:
        if self.lost.done():
            return
        if self._transport is None:
            self._unsent += data
        else:
            self._transport.write(data)


class _LinkReply:
    """Sends the answer to an ask of the other process."""

    __slots__ = ("_link", "_number")

    def __init__(self, link: Link, number: int) -> None:
        self._link = link
        self._number = number

    def answer(self, value: object) -> None:
        try:
            self._link.send(frames.AskAnswered(self._number, pack(value)))
        except RetenderError as error:
            self.fail(error)

    def fail(self, error: RetenderError) -> None:
        self._link.fail(self._number, error)
