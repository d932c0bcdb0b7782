"""Arguments and answers as bytes, read back by the annotations of the method they belong to.

What can be annotated for msgspec can be sent: Structs and tagged unions of them, tuples, sets,
datetimes, and `Path` beside. Under an annotation of `Any` (or none) a value arrives plain: a
tuple as a list, a Struct as a dict. Nothing is pickled.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from actors.runtime.api import Later
from retender.errors import BadRequest, RetenderError

_UNSENDABLE = (TypeError, ValueError, OverflowError, RecursionError)


class PackedCall(NamedTuple):
    """A message from another process whose arguments are not decoded yet."""

    method: str
    arguments: msgspec.Raw


def encode(value: object) -> bytes:
    """Raises `BadRequest` for values that cannot be encoded."""
    try:
        return _encoder.encode(value)
    except _UNSENDABLE as error:
        raise BadRequest(f"this cannot be sent to another process: {error}") from error


def pack(value: object) -> msgspec.Raw:
    return value if isinstance(value, msgspec.Raw) else msgspec.Raw(encode(value))


def pack_arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> msgspec.Raw:
    return pack((args, kwargs))


def unpack_arguments(
    function: Callable[..., Any], packed: msgspec.Raw, *, bound: bool
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What to call `function` with. `bound`: it is a method, and `self` was not sent.

    Raises `BadRequest` where the arguments are not what the annotations say.
    """
    try:
        parameters = _parameters(function, bound)
        args, kwargs = _halves.decode(packed)
        positional = [parameters.at(place).decode(arg) for place, arg in enumerate(args)]
        named = {name: parameters.called(name).decode(arg) for name, arg in kwargs.items()}
    except (msgspec.MsgspecError, NameError, TypeError) as error:
        what = getattr(function, "__qualname__", function)
        raise BadRequest(f"the arguments of {what} cannot be read: {error}") from error
    return tuple(positional), named


def unpack_answer(method: Callable[..., Any], packed: msgspec.Raw) -> Any:
    """The answer as `method` promises it; a `Later[R]` is answered with an `R`."""
    try:
        return _answer(method).decode(packed)
    except (msgspec.MsgspecError, NameError, TypeError) as error:
        raise RetenderError(
            f"the answer of {method.__qualname__} cannot be read: {error}"
        ) from error


class _Parameters(NamedTuple):
    positional: tuple[msgspec.msgpack.Decoder[Any], ...]
    rest: msgspec.msgpack.Decoder[Any] | None
    named: dict[str, msgspec.msgpack.Decoder[Any]]
    others: msgspec.msgpack.Decoder[Any] | None

    def at(self, place: int) -> msgspec.msgpack.Decoder[Any]:
        if place < len(self.positional):
            return self.positional[place]
        if self.rest is None:
            raise TypeError(f"it takes {len(self.positional)} positional arguments at most")
        return self.rest

    def called(self, name: str) -> msgspec.msgpack.Decoder[Any]:
        found = self.named.get(name, self.others)
        if found is None:
            raise TypeError(f"it takes no {name!r}")
        return found


@cache
def _parameters(function: Callable[..., Any], bound: bool) -> _Parameters:
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())[1 if bound else 0 :]
    positional: list[msgspec.msgpack.Decoder[Any]] = []
    rest = others = None
    named: dict[str, msgspec.msgpack.Decoder[Any]] = {}
    for parameter in parameters:
        decoder = _decoder(hints.get(parameter.name, Any))
        if parameter.kind is parameter.VAR_POSITIONAL:
            rest = decoder
        elif parameter.kind is parameter.VAR_KEYWORD:
            others = decoder
        else:
            if parameter.kind is not parameter.KEYWORD_ONLY:
                positional.append(decoder)
            if parameter.kind is not parameter.POSITIONAL_ONLY:
                named[parameter.name] = decoder
    return _Parameters(tuple(positional), rest, named, others)


@cache
def _answer(method: Callable[..., Any]) -> msgspec.msgpack.Decoder[Any]:
    promised = get_type_hints(method, include_extras=True).get("return", Any)
    if get_origin(promised) is Later:
        (promised,) = get_args(promised)
    return _decoder(promised)


def _decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(kind, dec_hook=_from_plain)


def _to_plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"a {type(value).__qualname__} has no form as bytes")


def _from_plain(kind: type[Any], value: Any) -> Any:
    if issubclass(kind, Path):
        return kind(value)
    raise TypeError(f"a {kind.__qualname__} has no form as bytes")


_encoder = msgspec.msgpack.Encoder(enc_hook=_to_plain)
_halves = msgspec.msgpack.Decoder(tuple[list[msgspec.Raw], dict[str, msgspec.Raw]])
