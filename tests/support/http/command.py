"""The `retender` command in a process of its own, as a person or a script runs it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple

from tests.support.paths import PROJECT

COMMAND = (sys.executable, "-c", "from deployments.cli import main; main()")
UP = "Retender is up at "
DEADLINE = 240.0


class Done(NamedTuple):
    code: int
    out: str
    err: str


def environment(folder: Path, **given: str) -> dict[str, str]:
    """Nothing of what is set where the tests run; the data lies in `folder`."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RETENDER_", "GROQ_", "CONVEX_", "NO_COLOR"))
    }
    usual = {
        "PORT": "0",
        "RETENDER_PROFILE": "local",
        "RETENDER_DATA_DIR": str(folder),
        "RETENDER_LANGUAGE": "en",
        "RETENDER_OFFLINE": "yes",
        "DEFAULT_MODEL": "digits",
        "LOG_FORMAT": "json",
        "COLUMNS": "200",
        "PYTHONPATH": str(PROJECT),
    }
    return inherited | usual | given


async def until(so: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what other processes bring about."""
    async with asyncio.timeout(DEADLINE):
        while not await so():  # noqa: ASYNC110 - it is another process' doing
            await asyncio.sleep(0.1)


async def retender(folder: Path, *arguments: str | Path, **given: str) -> Done:
    """To its end, in `folder`."""
    async with running(folder, *arguments, **given) as process:
        async with asyncio.timeout(DEADLINE):
            out, err = await process.communicate()
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


@asynccontextmanager
async def running(
    folder: Path, *arguments: str | Path, **given: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Killed at the end of the block, if it still runs then."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *map(str, arguments),
        cwd=folder,
        env=environment(folder, **given),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


class Serving:
    """Its log is read as it comes: a pipe that nobody reads would stop the service."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.url = ""
        self.said: list[dict[str, str]] = []
        """Up to the line that it is up."""
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._reader = Thread(target=self._read)
        self._reader.start()

    def until_up(self) -> None:
        while line := self._lines.get(timeout=DEADLINE):
            assert line.startswith("{"), f"it did not come up: {line}{self._rest()}"
            self.said.append(json.loads(line))
            if self.said[-1]["message"].startswith(UP):
                self.url = self.said[-1]["message"].removeprefix(UP)
                return
        raise AssertionError(f"it did not come up: {self.said}")

    def ended(self) -> tuple[int, list[str]]:
        """Waits for it: the exit status, and the messages of its log since it was up."""
        status = self.process.wait(DEADLINE)
        return status, [json.loads(line)["message"] for line in self._rest()]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as log:
            for line in log:
                self._lines.put(line)
        self._lines.put("")

    def _rest(self) -> list[str]:
        return list(iter(self._lines.get, ""))


@contextmanager
def serving(folder: Path, *arguments: str, **given: str) -> Iterator[Serving]:
    """A service with real recognition that is up; killed at the end of the block."""
    service = Serving(
        subprocess.Popen(
            [*COMMAND, "serve", *arguments],
            cwd=folder,
            env=environment(folder, **given),
            stderr=subprocess.PIPE,
            text=True,
        )
    )
    try:
        service.until_up()
        yield service
    finally:
        service.kill()


@asynccontextmanager
async def serving_beside(folder: Path, *arguments: str, **given: str) -> AsyncIterator[Serving]:
    """The same, while this loop goes on: for what the service talks to here."""
    with ExitStack() as stack:
        yield await asyncio.to_thread(
            lambda: stack.enter_context(serving(folder, *arguments, **given))
        )
