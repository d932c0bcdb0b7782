"""What an actor may rely on, whichever host it lives on.

An actor is a plain class whose async methods are its messages. It imports no host. The hosts
(`local`, `process`, `ray`, and the tests' `sim`) keep the same promises, held to by one
conformance suite:

- messages from one sender to one receiver arrive in the order they were sent;
- one message is handled at a time: until a handler returns, the next one waits;
- `ask` ends in the handler's answer or in an error, always, within its deadline;
- `tell` does not wait and never raises: what cannot be delivered is dropped and counted;
- a mailbox holds at most its bound, and an ask to a full one is told `Busy`;
- a handler that raises a `RetenderError` has answered with it; any other exception kills the
  actor, and its watchers learn the cause;
- when an actor ends, every message it has not answered is answered with `ActorGone`.

What an actor may define beside its messages, all optional: `started(ctx)`, before the first
message; `stopping()`, after the last, when it is stopped in order (a killed or crashed one gets
no such chance). A handler that cannot answer yet returns `Later`: the mailbox goes on, and the
asker waits for the future in it: it gets a `RetenderError` in there as it is, any other
exception kills the actor as if the handler had raised it.

Arguments and answers may have to travel to another process, so they are what the annotations of
the method say and msgspec can read back by them: plain values, Structs, tagged unions. What
cannot be sent is refused (`BadRequest`, `TooLarge`) and kills nobody.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

import msgspec

from retender.errors import RetenderError

A = TypeVar("A")
P = ParamSpec("P")
R = TypeVar("R")

ASK_SECONDS = 5.0


class Clock(Protocol):
    """The only source of time below `deployments/`."""

    def now(self) -> float:
        """Seconds since 1970, UTC: for people. It may jump."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back: for deadlines and durations."""


class Later(Generic[R]):
    """An answer that comes later, in this future; the mailbox goes on meanwhile."""

    __slots__ = ("future",)

    def __init__(self, future: asyncio.Future[R]) -> None:
        self.future = future


class Recipe(msgspec.Struct, frozen=True):
    """How to make an object, as data: its class or function, and the arguments.

    Arguments are plain values or msgspec Structs, so a recipe can be sent to another process
    and built there: nothing is pickled.
    """

    target: str
    options: dict[str, Any] = {}

    @classmethod
    def of(cls, factory: Callable[..., Any], **options: Any) -> Recipe:
        return cls(f"{factory.__module__}:{factory.__qualname__}", options)

    def resolve(self) -> Any:
        module, _, path = self.target.partition(":")
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
        return found


class Exit(msgspec.Struct, frozen=True):
    """How an actor ended. `normal`: it was stopped, or ended itself, and perhaps said why."""

    reason: str  # normal | crashed | killed
    cause: str = ""

    @property
    def normal(self) -> bool:
        return self.reason == "normal"


NORMAL = Exit("normal")
KILLED = Exit("killed", "killed")


class Ref(Protocol[A]):
    """A reference to an actor by name. It survives restarts: each message looks up the name."""

    @property
    def name(self) -> str: ...

    def within(self, seconds: float) -> Ref[A]:
        """The same actor, with this deadline for questions."""

    @overload
    async def ask(
        self,
        method: Callable[Concatenate[A, P], Awaitable[Later[R]]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R: ...
    @overload
    async def ask(
        self, method: Callable[Concatenate[A, P], Awaitable[R]], *args: P.args, **kwargs: P.kwargs
    ) -> R: ...

    def tell(
        self, method: Callable[Concatenate[A, P], Awaitable[Any]], *args: P.args, **kwargs: P.kwargs
    ) -> None: ...


class Child(Protocol):
    """One instance of an actor, as seen by the actor that started it."""

    @property
    def name(self) -> str: ...

    async def exited(self) -> Exit:
        """Wait for its end. May be awaited several times."""

    async def stop(self, grace: float) -> Exit:
        """Stop it in order; kill it when the grace time is over."""

    async def kill(self) -> Exit: ...


class Needs(msgspec.Struct, frozen=True):
    """Resources that an actor needs of its machine, on a cluster. The actor starts on a machine
    that has them free, and waits until there is one."""

    cpus: float = 0.0
    gpus: float = 0.0
    memory: int = 0
    others: dict[str, float] = {}

    @property
    def told(self) -> str:
        """For people."""
        sorts = {"CPUs": self.cpus, "GPUs": self.gpus, "bytes": self.memory, **self.others}
        return ", ".join(f"{much:g} {sort}" for sort, much in sorts.items() if much) or "no more"


class Spawn(msgspec.Struct, frozen=True):
    """Everything that a host needs to start an instance of an actor."""

    name: str
    recipe: Recipe
    host: str = "local"
    mailbox: int = 1000
    needs: Needs = Needs()


class Context(Protocol):
    """What the host gives an actor when it starts."""

    @property
    def name(self) -> str: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def random(self) -> Random: ...
    @property
    def stopping(self) -> bool:
        """True if this actor shall stop: a long handler should finish soon."""

    def ref(self, kind: type[A], name: str) -> Ref[A]: ...

    def after(
        self,
        seconds: float,
        method: Callable[Concatenate[Any, P], Awaitable[Any]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Send this actor a message after `seconds`; dropped when the actor ends."""

    def pipe(
        self,
        answer: Awaitable[R],
        then: Callable[[Any, R], Awaitable[Any]],
        otherwise: Callable[[Any, RetenderError], Awaitable[Any]],
    ) -> None:
        """Wait for an answer in the background; it arrives as a message to this actor."""

    def end(self, cause: str = "") -> None:
        """End this actor normally after the present message. Its parent learns the cause."""

    async def spawn(self, spec: Spawn) -> Child:
        """Start an actor. Returns once its `started` has finished.

        Raises `ActorGone` with the cause when it could not be made or its `started` raised.
        """


class Runtime(Protocol):
    """What a host offers to the world outside the actors: the root is started here."""

    @property
    def clock(self) -> Clock: ...

    async def spawn(self, spec: Spawn) -> Child: ...

    def ref(self, kind: type[A], name: str) -> Ref[A]: ...

    @property
    def dropped(self) -> Mapping[str, int]:
        """Number of undelivered tells by name, of those sent through this process."""

    async def all_dropped(self) -> Mapping[str, int]:
        """The same over all processes of the tree that answer at the moment."""
