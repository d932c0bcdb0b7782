"""What a parent and a child process say to each other, and how it is cut out of a stream.

    parent -> child     Birth, once; then Message, Stop, Answered, Failed
    child  -> parent    Started, once; then Message, Taken, Dropped, Answered, Failed; last, Ended

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
    """The same for what is made in the same way by the same code."""
    return msgspec.msgpack.encode((version, [Blueprint.of(recipe) for recipe in recipes]))


class StartChild(msgspec.Struct, frozen=True, tag="birth"):
    """All that a child needs to begin."""

    name: str
    actor: Blueprint
    clock: Blueprint
    prepare: Blueprint | None
    seed: str
    mailbox: int
    path: list[str]


class ChildStarted(msgspec.Struct, frozen=True, tag="started"):
    """The actor's `started` is through."""


class StopChild(msgspec.Struct, frozen=True, tag="stop"):
    """Come to an end in order."""


class ActorMessage(msgspec.Struct, frozen=True, tag="message", omit_defaults=True):
    """An ask (its answer will carry the same number) or, numbered 0, a tell."""

    to: str
    method: str
    arguments: msgspec.Raw
    number: int = 0


class MessageTaken(msgspec.Struct, frozen=True, tag="taken"):
    """One message has left the child's mailbox: there is room for another."""


class MessageDropped(msgspec.Struct, frozen=True, tag="dropped"):
    """A tell of the child that could not be sent; the parent counts it."""

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
    """The child's last words; it leaves when the parent has heard them and hung up."""

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
    """Raises `TooLarge` or, where a value in it has no form as bytes, `BadRequest`."""
    body = encode(frame)
    if len(body) > FRAME_BYTES:
        raise TooLarge(
            f"a message to another process has {len(body)} bytes; {FRAME_BYTES} are the most",
            limit=FRAME_BYTES,
        )
    return len(body).to_bytes(_PREFIX_BYTES, "big") + body


def from_bytes(data: bytes) -> Frame:
    """One whole frame. Raises `msgspec.MsgspecError` for what is none."""
    (frame,) = FrameReader().feed(data)
    return frame


def failed(number: int, error: RetenderError) -> bytes:
    """Like `to_bytes`, but always sendable: details that cannot travel stay behind."""
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
        """How many bytes it needs, at least, before there can be another frame."""
        return max(0, self._frame_end() - len(self._buffer))

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Raises `msgspec.MsgspecError` for what is no frame."""
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
