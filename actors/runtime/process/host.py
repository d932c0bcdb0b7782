"""Actors in child processes: for code that may crash, hang, or keep memory.

This is the parent's side; `child` is the other. Between them is one socket. A child dies with
its parent, and takes its own children with it: each is the leader of a process group.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress

from loguru import logger

from actors.runtime.api import KILLED, Child, Exit, Recipe, Spawn
from actors.runtime.instance import Instance, not_started
from actors.runtime.limits import LINGER_SECONDS, SETTLE_SECONDS
from actors.runtime.local import LocalRuntime
from actors.runtime.mailbox import Call, Reply, describe, full, unanswered_by
from actors.runtime.packing import PackedCall
from actors.runtime.process import frames
from actors.runtime.process.link import Link
from retender.errors import RetenderError


class ProcessHost:
    """Starts each actor in its own process.

    Recipes for the clock and for a preparation (to set up logging, for example) travel to the
    child as data.
    """

    def __init__(self, clock: Recipe, *, prepare: Recipe | None = None) -> None:
        self._clock = clock
        self._prepare = prepare

    async def start(self, spec: Spawn, runtime: LocalRuntime) -> Child:
        instance = _ProcessInstance(spec, runtime)
        try:
            instance.conceive(self._birth(spec, runtime))
        except RetenderError as error:
            raise not_started(spec.name, describe(error)) from error
        return await instance.start(instance)

    def _birth(self, spec: Spawn, runtime: LocalRuntime) -> frames.StartChild:
        return frames.StartChild(
            name=spec.name,
            actor=frames.Blueprint.of(spec.recipe),
            clock=frames.Blueprint.of(self._clock),
            prepare=None if self._prepare is None else frames.Blueprint.of(self._prepare),
            seed=runtime.seed_for(spec.name),
            mailbox=spec.mailbox,
            path=sys.path,
        )


class _ProcessInstance(Instance):
    """Also the endpoint: it enforces the mailbox's bound, counting messages that the child took."""

    def __init__(self, spec: Spawn, runtime: LocalRuntime) -> None:
        super().__init__(spec.name, runtime)
        self._runtime = runtime
        self._bound = spec.mailbox
        self._waiting = 0
        self._link = Link()
        self._process: Process | None = None
        self._started: asyncio.Future[None]
        self._last_words: Exit | None = None

    def conceive(self, birth: frames.StartChild) -> None:
        self._link.send(birth)

    def put(self, call: Call | PackedCall, reply: Reply | None) -> None:
        if self._waiting >= self._bound:
            raise full(self.name, self._bound)
        self._link.post(self.name, call, reply)
        self._waiting += 1

    async def _live(self, started: asyncio.Future[None]) -> Exit:
        self._started = started
        exit_ = KILLED
        try:
            exit_ = await self._end_of(await self._launch())
        except OSError as error:
            exit_ = Exit("crashed", describe(error))
        finally:
            self._kill_group()
            self._let_go(exit_)
            await self._link.abort()
            if self._process is not None:
                await self._process.wait()
        return exit_

    async def _launch(self) -> Process:
        ours, theirs = socket.socketpair()
        with theirs:
            await self._link.open(ours, self._receive)
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "actors.runtime.process.child"),
                *(str(theirs.fileno()), str(os.getpid())),
                stdin=DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return self._process

    async def _end_of(self, process: Process) -> Exit:
        exited = asyncio.create_task(process.wait())
        signs: set[asyncio.Future[None] | asyncio.Task[int]] = {exited, self._link.lost}
        try:
            await asyncio.wait(signs, return_when=asyncio.FIRST_COMPLETED)
            timeout = LINGER_SECONDS if self._last_words else SETTLE_SECONDS
            await asyncio.wait(signs, timeout=timeout)
        finally:
            exited.cancel()
        return self._last_words or _how_it_ended(process.returncode)

    def _let_go(self, exit_: Exit) -> None:
        self._registry.unregister(self.name, self)
        self._link.fail_all(unanswered_by(self.name, exit_))

    def _wind_down(self) -> None:
        self._link.send(frames.StopChild())

    def _strike(self) -> None:
        self._kill_group()

    def _kill_group(self) -> None:
        """Kill the child and everything it started; needed after its exit, too."""
        # macOS answers "not permitted" if only zombies are left in a group.
        with suppress(ProcessLookupError, PermissionError):
            if self._process is not None:
                os.killpg(self._process.pid, signal.SIGKILL)

    def _receive(self, frame: frames.Frame) -> None:
        match frame:
            case frames.ActorMessage(to, method, arguments):
                call = PackedCall(method, arguments)
                self._runtime.deliver(self.name, to, call, self._link.reply_to(frame))
            case frames.MessageTaken():
                self._waiting -= 1
            case frames.MessageDropped(to, method, why):
                self._runtime.drop(to, method, why)
            case frames.ChildStarted():
                self._started.set_result(None)
            case frames.ChildEnded(exit_):
                self._last_words = exit_
                self._let_go(exit_)
                self._link.hang_up()
            case _:
                logger.error("{} sent a {}, which no child sends", self.name, type(frame).__name__)


def _how_it_ended(returncode: int | None) -> Exit:
    """The exit cause of a child that sent no last message."""
    if returncode is None:
        return Exit("crashed", "it hung up")
    if returncode >= 0:
        return Exit("crashed", f"exit code {returncode}")
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = f"signal {-returncode}"
    return Exit("killed" if -returncode == signal.SIGKILL else "crashed", f"killed by {name}")
