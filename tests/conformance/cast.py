"""The actors that the conformance suite plays with. Importable by name, as a child needs it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
import time
from pathlib import Path

import msgspec

from actors.runtime.api import Context, Later, Recipe, Ref, Spawn
from retender.errors import ErrorValue, RetenderError, TooLarge

DEADLINE = 60.0


class FixedClock:
    """A wall that always shows the same hour; waiting is the loop's business."""

    def now(self) -> float:
        return 1234.5

    def monotonic(self) -> float:
        return time.monotonic()


class Witness:
    """Lives beside the test: notes what happens on any host, and keeps gates for the test."""

    def __init__(self) -> None:
        self._noted: list[str] = []
        self._open: set[str] = set()
        self._awaiting: list[tuple[str, asyncio.Future[None]]] = []
        self._at_gates: list[tuple[str, asyncio.Future[None]]] = []

    async def note(self, what: str) -> None:
        self._noted.append(what)
        self._release(self._awaiting, what)

    async def noted(self) -> list[str]:
        return self._noted

    async def sees(self, what: str) -> Later[None]:
        """Answered once this was noted."""
        return self._later(self._awaiting, what, done=what in self._noted)

    async def passes(self, gate: str) -> Later[None]:
        """Answered once the gate is open."""
        return self._later(self._at_gates, gate, done=gate in self._open)

    async def open(self, gate: str) -> None:
        self._open.add(gate)
        self._release(self._at_gates, gate)

    def _later(
        self, queue: list[tuple[str, asyncio.Future[None]]], key: str, *, done: bool
    ) -> Later[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if done:
            future.set_result(None)
        else:
            queue.append((key, future))
        return Later(future)

    def _release(self, queue: list[tuple[str, asyncio.Future[None]]], key: str) -> None:
        for waited, future in queue:
            if waited == key and not future.done():
                future.set_result(None)


class Word(msgspec.Struct, frozen=True, tag="word"):
    text: str
    span: tuple[float, float]


class Pause(msgspec.Struct, frozen=True, tag="pause"):
    seconds: float | None = None


class Line(msgspec.Struct, frozen=True):
    parts: tuple[Word | Pause, ...]
    scores: dict[str, float | None]
    source: Path | None = None


class Player:
    """Does what a test tells it to."""

    def __init__(self, script: Line | None = None) -> None:
        self._script = script
        self._heard: list[str] = []
        self._promised: dict[str, asyncio.Future[str]] = {}

    async def started(self, ctx: Context) -> None:
        self.ctx = ctx

    @property
    def _witness(self) -> Ref[Witness]:
        return self.ctx.ref(Witness, "witness").within(DEADLINE)

    # Plain messages.

    async def echo(self, text: str) -> str:
        return text

    async def hear(self, what: str) -> None:
        self._heard.append(what)
        self._witness.tell(Witness.note, what)

    async def heard(self) -> list[str]:
        return self._heard

    async def script(self) -> Line | None:
        return self._script

    async def mirror(
        self, piece: Word | Pause | None, *more: float, line: Line
    ) -> tuple[Word | Pause | None, tuple[float, ...], Line]:
        return piece, more, line

    async def huge(self, size: int) -> str:
        return "x" * size

    async def introduce(self) -> tuple[str, float, float]:
        return self.ctx.name, self.ctx.clock.now(), self.ctx.random.random()

    async def pid(self) -> int:
        return os.getpid()

    # Waiting beside the messages.

    async def wait_beside(self, gate: str) -> None:
        answer = self._witness.ask(Witness.passes, gate)
        self.ctx.pipe(answer, Player.passed, Player.turned_away)

    async def end_before_it_waits(self) -> None:
        async def unbegun() -> None: ...

        self.ctx.pipe(unbegun(), Player.passed, Player.turned_away)
        self.ctx.end()

    async def ask_nobody(self) -> None:
        answer = self.ctx.ref(Player, "nobody").ask(Player.pid)
        self.ctx.pipe(answer, Player.passed, Player.turned_away)

    async def break_beside(self, what: str) -> None:
        async def broken() -> None:
            raise LookupError(what)

        self.ctx.pipe(broken(), Player.passed, Player.turned_away)

    async def passed(self, answer: object) -> None:
        self._witness.tell(Witness.note, f"passed with {answer}")

    async def turned_away(self, error: RetenderError) -> None:
        self._witness.tell(Witness.note, f"turned away by {error.code}")

    # Ways to fail.

    async def refuse(self, error: ErrorValue) -> None:
        raise RetenderError.from_value(error)

    async def crash(self, text: str) -> None:
        raise LookupError(text)

    async def await_cancelled(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    async def leave_the_process(self, code: int) -> None:
        os._exit(code)

    async def hang(self) -> None:
        await self._witness.ask(Witness.note, "hanging")
        time.sleep(3600)  # noqa: ASYNC251 - a blocked loop is what the test wants

    async def refuse_with_an_object(self) -> None:
        raise TooLarge("with an object", it=object())

    async def hang_up(self) -> None:
        os.closerange(3, 1 << 20)  # whichever it has: the line keeps its number from the parent
        time.sleep(3600)  # noqa: ASYNC251 - it is silent, but it lives

    # Taking time.

    async def hold(self, gate: str) -> str:
        await self._witness.ask(Witness.note, f"holding {gate}")
        await self._witness.ask(Witness.passes, gate)
        return gate

    async def hold_then_crash(self, gate: str) -> None:
        await self.hold(gate)
        raise LookupError(gate)

    async def step(self, name: str) -> None:
        for place in ("begins", "goes on", "ends"):
            await self._witness.ask(Witness.note, f"{name} {place}")

    async def work_until_stopping(self) -> str:
        while not self.ctx.stopping:
            await self._witness.ask(Witness.note, "working")
        return "came to an end"

    async def run_after_itself(self, rounds: int) -> None:
        if rounds:
            self.ctx.ref(Player, self.ctx.name).tell(Player.run_after_itself, rounds - 1)
        else:
            await self._witness.ask(Witness.note, "out of breath")

    # Answers that come later.

    async def promise(self, key: str) -> Later[str]:
        self._promised[key] = asyncio.get_running_loop().create_future()
        return Later(self._promised[key])

    async def fulfil(self, key: str, text: str) -> None:
        self._promised[key].set_result(text)

    async def go_back_on(self, key: str, error: ErrorValue) -> None:
        self._promised[key].set_exception(RetenderError.from_value(error))

    async def break_promise(self, key: str) -> None:
        self._promised[key].set_exception(LookupError(key))

    async def forget(self, key: str) -> None:
        self._promised[key].cancel()

    # Using the context.

    async def hear_after(self, seconds: float, what: str) -> None:
        self.ctx.after(seconds, Player.hear, what)

    async def ring_and_hold(self, what: str, gate: str) -> str:
        self.ctx.after(0, Player.hear, what)
        return await self.hold(gate)

    async def finish(self, cause: str = "") -> str:
        self.ctx.end(cause)
        return "finished"

    async def spawn_another(self) -> None:
        await self.ctx.spawn(Spawn("another", Recipe.of(Player)))

    # Talking to others.

    async def ask_another(self, name: str, text: str) -> str:
        return await self.ctx.ref(Player, name).ask(Player.echo, text)

    async def ask_another_to_refuse(self, name: str, error: ErrorValue) -> None:
        await self.ctx.ref(Player, name).ask(Player.refuse, error)

    async def mirror_through(self, name: str, piece: Word | Pause, line: Line) -> Line:
        returned, more, mirrored = await self.ctx.ref(Player, name).ask(
            Player.mirror, piece, 0.5, line=line
        )
        assert returned == piece
        assert more == (0.5,)
        return mirrored

    async def ask_in_vain(self, name: str, seconds: float) -> str:
        try:
            return await self.ctx.ref(Player, name).within(seconds).ask(Player.hold, "never")
        except RetenderError as error:
            return error.code

    async def tell_another(self, name: str, what: list[str]) -> None:
        for each in what:
            self.ctx.ref(Player, name).tell(Player.hear, each)

    async def tell_too_much(self, name: str, size: int) -> None:
        self.ctx.ref(Player, name).tell(Player.hear, "x" * size)

    async def breed(self) -> int:
        child = subprocess.Popen(["sleep", "3600"])  # noqa: ASYNC220 - any will do
        return child.pid

    async def start_a_thread_without_end(self) -> None:
        threading.Thread(target=time.sleep, args=(3600,)).start()

    async def fork(self) -> int:
        pid = os.fork()
        if pid == 0:
            time.sleep(3600)  # noqa: ASYNC251 - it holds what it inherited, and does nothing
        return pid


class Punctual:
    """Has every hook, and tells the witness of each."""

    async def started(self, ctx: Context) -> None:
        self._witness = ctx.ref(Witness, "witness").within(DEADLINE)
        await self._witness.ask(Witness.note, "started")

    async def pid(self) -> int:
        return os.getpid()

    async def work(self) -> None:
        await self._witness.ask(Witness.note, "working")

    async def crash(self) -> None:
        raise LookupError

    async def hold(self) -> None:
        await self._witness.ask(Witness.note, "holding")
        await self._witness.ask(Witness.passes, "never")

    async def stopping(self) -> None:
        await self._witness.ask(Witness.note, "stopping")


class Mother:
    """Has two children of her own."""

    async def started(self, ctx: Context) -> None:
        await ctx.spawn(Spawn("daughter", Recipe.of(Player)))
        await ctx.spawn(Spawn("son", Recipe.of(Clinging)))


class Clinging:
    """Does not go at once."""

    async def started(self, ctx: Context) -> None:
        self._witness = ctx.ref(Witness, "witness").within(DEADLINE)

    async def hold(self) -> None:
        try:
            await self._witness.ask(Witness.note, "holding")
            await self._witness.ask(Witness.passes, "never")
        finally:
            await self._witness.ask(Witness.note, "clinging")
            await self._witness.ask(Witness.passes, "let go")


class Stillborn:
    def __init__(self) -> None:
        raise LookupError("no such model")


class NeverReady:
    async def started(self, ctx: Context) -> None:
        raise LookupError(f"{ctx.name} finds no model")


class DiesWhileStarting:
    async def started(self, ctx: Context) -> None:
        os._exit(4)


class SlowToStart:
    async def started(self, ctx: Context) -> None:
        witness = ctx.ref(Witness, "witness").within(DEADLINE)
        await witness.ask(Witness.note, "starting")
        await witness.ask(Witness.passes, "start")

    async def echo(self, text: str) -> str:
        return text


_prepared: list[str] = []


def prepare(word: str) -> None:
    _prepared.append(word)


class Prepared:
    async def words(self) -> list[str]:
        return _prepared
