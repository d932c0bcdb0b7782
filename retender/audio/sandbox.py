"""Runs a program that reads files of clients.

The program runs in its own session, under `confined`, without standard input, with an empty
environment, and with at most one open file to write to. Where the kernel can, it is isolated: it
opens the given files only, and no socket. It is killed, with all its children, as
soon as its caller is cancelled. Only the beginning and the end of its output are kept.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from retender.audio import confined, isolation
from retender.audio.isolation import Files
from retender.audio.limits import (
    PROGRAM_ADDRESSES,
    PROGRAM_CPU_SECONDS,
    PROGRAM_FILES,
    PROGRAM_MEMORY,
    PROGRAM_SECONDS,
    STDERR_FIRST_BYTES,
    STDERR_LAST_BYTES,
)
from retender.errors import EngineUnavailable


class SandboxLimits(msgspec.Struct, frozen=True, kw_only=True):
    memory: int = PROGRAM_MEMORY
    """Bytes of memory that the program can write to; more is refused."""
    cpu: int = PROGRAM_CPU_SECONDS
    """Seconds of CPU time; then it is stopped by SIGXCPU."""
    output: int = 0
    """Bytes that it may write to a file; then it is stopped by SIGXFSZ."""
    seconds: float = PROGRAM_SECONDS
    """Seconds of real time, however busy the machine is; then it is killed."""

    def as_arguments(self) -> tuple[str, ...]:
        return (
            f"AS={self.memory + PROGRAM_ADDRESSES}",
            f"DATA={self.memory}",
            f"CPU={self.cpu}",
            f"FSIZE={self.output}",
            f"NOFILE={PROGRAM_FILES}",
            "CORE=0",
        )


class ProgramEnded(msgspec.Struct, frozen=True, kw_only=True):
    """How a program ended, and what it printed. The exit code alone does not tell success."""

    code: int
    stderr: str
    timed_out: bool = False

    @property
    def stopped_by(self) -> signal.Signals | None:
        return signal.Signals(-self.code) if self.code < 0 else None


async def run(
    command: Sequence[str],
    limits: SandboxLimits,
    *,
    output: int = DEVNULL,
    files: Files | None = None,
) -> ProgramEnded:
    """`output` is the descriptor of the only file that the program writes to. `files`: those that
    it may open, if the command is an ffmpeg; None: it is not isolated.

    If this is cancelled, the program is killed first.
    """
    isolated = () if files is None else await isolation.arguments(command[0], files)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", confined.__file__),
        *(str(os.getpid()), *limits.as_arguments(), *isolated, "--", *command),
        stdin=DEVNULL,
        stdout=output,
        stderr=PIPE,
        env={},
        cwd="/",
        start_new_session=True,
    )
    stderr = _ProgramOutput()
    timed_out = False
    try:
        async with asyncio.timeout(limits.seconds):
            await stderr.read(process)
            await process.wait()
    except TimeoutError:
        timed_out = True
    finally:
        _kill(process)
        code = await asyncio.shield(process.wait())
    if code == confined.CANNOT_START:
        raise EngineUnavailable(f"{Path(command[0]).name} cannot be started: {stderr.text}")
    return ProgramEnded(code=code, stderr=stderr.text, timed_out=timed_out)


def _kill(process: Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


class _ProgramOutput:
    def __init__(self) -> None:
        self._first = bytearray()
        self._last = bytearray()

    async def read(self, process: Process) -> None:
        assert process.stderr is not None
        while data := await process.stderr.read(STDERR_LAST_BYTES):
            free = STDERR_FIRST_BYTES - len(self._first)
            self._first += data[:free]
            self._last += data[free:]
            del self._last[:-STDERR_LAST_BYTES]

    @property
    def text(self) -> str:
        return (self._first + self._last).decode(errors="replace").strip()
