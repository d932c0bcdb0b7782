"""An actor's own process: `python -m actors.runtime.process.child FD PARENT`.

It lives for one actor and no longer than its parent. The first frame says which actor and where
to import it from; after that it is the same mailbox loop as everywhere. SIGTERM stops it in
order; SIGINT is left to the parent.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import sys
from functools import partial
from typing import NoReturn

from actors.runtime.api import KILLED, Child, Exit, Spawn
from actors.runtime.context import ActorContext
from actors.runtime.limits import ORPHAN_SECONDS
from actors.runtime.mailbox import Call, Mailbox, Reply, describe
from actors.runtime.packing import PackedCall
from actors.runtime.process import frames
from actors.runtime.process.link import Link
from retender.errors import ActorGone, RetenderError

_PR_SET_PDEATHSIG = 1


class _ThroughParent:
    """Every message to another actor goes to the parent, which knows where all actors are."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def deliver(self, sender: str, to: str, call: Call | PackedCall, reply: Reply | None) -> None:  # noqa: ARG002 - the parent knows whose line it is
        try:
            self._link.post(to, call, reply)
        except RetenderError as error:
            if reply is not None:
                reply.fail(error)
            elif not self._link.full:
                self._link.send(frames.MessageDropped(to, call.method, describe(error)))


class _ChildContext(ActorContext):
    async def spawn(self, spec: Spawn) -> Child:
        raise RuntimeError(
            f"{self.name} lives in a child process and cannot start {spec.name}: "
            "actors are started by supervisors in the parent"
        )


async def _live(end: socket.socket, birth: frames.StartChild) -> Exit:
    link = Link()
    try:
        mailbox, context = _make(birth, link)
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent shall know it
        exit_ = Exit("crashed", describe(error))
        await link.open(end, lambda _: None)
    else:
        exit_ = await _run(end, link, mailbox, context)
    if link.lost.done():
        _kill_own_group()
    link.send(frames.ChildEnded(exit_))
    # Closing first could lose these messages: a parent that fails to write stops reading.
    await link.lost
    return exit_


def _make(birth: frames.StartChild, link: Link) -> tuple[Mailbox, _ChildContext]:
    if birth.prepare is not None:
        birth.prepare.build()
    clock = birth.clock.build()
    mailbox = Mailbox(
        birth.name,
        birth.actor.build(),
        birth.mailbox,
        taken=lambda: link.send(frames.MessageTaken()),
    )
    router = _ThroughParent(link)
    return mailbox, _ChildContext(birth.name, mailbox, router, clock=clock, seed=birth.seed)


async def _run(end: socket.socket, link: Link, mailbox: Mailbox, context: _ChildContext) -> Exit:
    orphaned = partial(_wind_down_alone, link, mailbox)
    link.lost.add_done_callback(orphaned)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, mailbox.stop)
    await link.open(end, partial(_receive, link, mailbox))
    try:
        return await mailbox.run(lambda: link.send(frames.ChildStarted()), context)
    except asyncio.CancelledError:
        return KILLED
    finally:
        context.silence()
        link.lost.remove_done_callback(orphaned)


def _receive(link: Link, mailbox: Mailbox, frame: frames.Frame) -> None:
    if isinstance(frame, frames.ActorMessage):
        reply = link.reply_to(frame)
        try:
            mailbox.put(PackedCall(frame.method, frame.arguments), reply)
        except RetenderError as error:
            link.send(frames.MessageTaken())
            if reply is not None:
                reply.fail(error)
    elif isinstance(frame, frames.StopChild):
        mailbox.stop()


def _wind_down_alone(link: Link, mailbox: Mailbox, _: asyncio.Future[None]) -> None:
    link.fail_all(ActorGone("the parent process is gone"))
    mailbox.stop()
    asyncio.get_running_loop().call_later(ORPHAN_SECONDS, _kill_own_group)


def _kill_own_group() -> None:
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)


def _die_with(parent: int) -> None:
    """Let the kernel kill this process when its parent dies, even if its loop hangs."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the parent process is gone")


def _read_birth(end: socket.socket) -> frames.StartChild:
    reader = frames.FrameReader()
    while data := end.recv(reader.missing):
        for frame in reader.feed(data):
            if isinstance(frame, frames.StartChild):
                return frame
    sys.exit("the parent process hung up")


def main() -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptor, parent = map(int, sys.argv[1:])
    _die_with(parent)
    end = socket.socket(fileno=descriptor)
    birth = _read_birth(end)
    sys.path[:] = birth.path
    exit_ = asyncio.run(_live(end, birth))
    sys.stdout.flush()
    sys.stderr.flush()
    # Do not join threads: one that hangs in a native call never ends.
    os._exit(0 if exit_.normal else 1)


if __name__ == "__main__":
    main()
