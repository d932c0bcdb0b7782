"""Messages between a parent and a child process, and their framing in a byte stream.

    parent -> child   StartChild, once; then ActorMessage, StopChild, AskAnswered, AskFailed
    child -> parent   ChildStarted, once; then ActorMessage, MessageTaken, MessageDropped,
                      AskAnswered, AskFailed; at last ChildEnded

A frame is four bytes of length (big endian) and one of these Structs as msgpack.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from actors.runtime.api import Exit, Recipe
from actors.runtime.limits import BARE_MESSAGE_CHARS, FRAME_BYTES
from actors.runtime.packing import encode, pack_arguments, unpack_arguments
from retender.errors import ErrorValue, RetenderError, TooLarge

_PREFIX_BYTES = 4


class Blueprint(msgspec.Struct, frozen=True):
    """A `Recipe` whose options are read where it is built, by the annotations found there."""

    target: str
    options: msgspec.Raw

    @classmethod
    def of(cls, recipe: Recipe) -> Blueprint:
        return cls(recipe.target, pack_arguments((), recipe.options))

    def build(self) -> Any:
        made_by = Recipe(self.target).resolve()
        is_class = isinstance(made_by, type)
        takes = made_by.__init__ if is_class else made_by
        args, options = unpack_arguments(takes, self.options, bound=is_class)
        return made_by(*args, **options)


def likeness(*recipes: Recipe, version: str = "") -> bytes:
    """A fingerprint: equal for equal recipes and equal code."""
    return msgspec.msgpack.encode((version, [Blueprint.of(recipe) for recipe in recipes]))


class StartChild(msgspec.Struct, frozen=True, tag="birth"):
    """Everything that a child process needs to start."""

    name: str
    actor: Blueprint
    clock: Blueprint
    prepare: Blueprint | None
    seed: str
    mailbox: int
    path: list[str]


class ChildStarted(msgspec.Struct, frozen=True, tag="started"):
    """The actor's `started` has finished."""


class StopChild(msgspec.Struct, frozen=True, tag="stop"):
    """Stop in order."""


class ActorMessage(msgspec.Struct, frozen=True, tag="message", omit_defaults=True):
    """An ask (its answer has the same number), or a tell (number 0)."""

    to: str
    method: str
    arguments: msgspec.Raw
    number: int = 0


class MessageTaken(msgspec.Struct, frozen=True, tag="taken"):
    """One message has left the child's mailbox, which can take another."""


class MessageDropped(msgspec.Struct, frozen=True, tag="dropped"):
    """An undelivered tell of the child; the parent counts it."""

    to: str
    method: str
    why: str


class AskAnswered(msgspec.Struct, frozen=True, tag="answered"):
    number: int
    value: msgspec.Raw


class AskFailed(msgspec.Struct, frozen=True, tag="failed"):
    number: int
    error: ErrorValue


class ChildEnded(msgspec.Struct, frozen=True, tag="ended"):
    """The child's last message; it exits when the parent has received it and closed the socket."""

    exit: Exit


Frame = (
    StartChild
    | ChildStarted
    | StopChild
    | ActorMessage
    | MessageTaken
    | MessageDropped
    | AskAnswered
    | AskFailed
    | ChildEnded
)


def to_bytes(frame: Frame) -> bytes:
    """Raises `TooLarge`, or `BadRequest` if a value cannot be encoded."""
    body = encode(frame)
    if len(body) > FRAME_BYTES:
        raise TooLarge(
            f"a message to another process has {len(body)} bytes; {FRAME_BYTES} are the most",
            limit=FRAME_BYTES,
        )
    return len(body).to_bytes(_PREFIX_BYTES, "big") + body


def from_bytes(data: bytes) -> Frame:
    """Decode one frame. Raises `msgspec.MsgspecError`."""
    (frame,) = FrameReader().feed(data)
    return frame


def failed(number: int, error: RetenderError) -> bytes:
    """Like `to_bytes`, but never fails: details that cannot be encoded are left out."""
    try:
        return to_bytes(AskFailed(number, error.to_value()))
    except RetenderError:
        sentence = error.message[:BARE_MESSAGE_CHARS].encode(errors="replace").decode()
        return to_bytes(AskFailed(number, ErrorValue(error.code, sentence)))


class FrameReader:
    """Cuts frames out of a stream that arrives in pieces."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def missing(self) -> int:
        """Bytes that are missing, at least, before the next frame is complete."""
        return max(0, self._frame_end() - len(self._buffer))

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Raises `msgspec.MsgspecError` for anything but a frame."""
        self._buffer += data
        while len(self._buffer) >= (end := self._frame_end()) > _PREFIX_BYTES:
            body = bytes(memoryview(self._buffer)[_PREFIX_BYTES:end])
            del self._buffer[:end]
            yield _decoder.decode(body)

    def _frame_end(self) -> int:
        if len(self._buffer) < _PREFIX_BYTES:
            return _PREFIX_BYTES
        length = int.from_bytes(self._buffer[:_PREFIX_BYTES], "big")
        if not 0 < length <= FRAME_BYTES:
            raise msgspec.DecodeError(f"no frame has {length} bytes")
        return _PREFIX_BYTES + length


_decoder: msgspec.msgpack.Decoder[Frame] = msgspec.msgpack.Decoder(Frame)
