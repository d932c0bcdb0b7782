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
from typing import NamedTuple

COMMAND = (sys.executable, "-c", "from deployments.cli import main; main()")
UP = "Retender is up at "
PATIENCE = 120.0


class Done(NamedTuple):
    code: int
    out: str
    err: str


def environment(folder: Path, **given: str) -> dict[str, str]:
    """Nothing of what is set where the tests run; the data lies in `folder`."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RETENDER_", "GROQ_", "NO_COLOR"))
    }
    usual = {
        "PORT": "0",
        "RETENDER_DATA_DIR": str(folder),
        "RETENDER_LANGUAGE": "en",
        "RETENDER_OFFLINE": "yes",
        "DEFAULT_MODEL": "digits",
        "LOG_FORMAT": "json",
        "COLUMNS": "200",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    return inherited | usual | given


async def until(so: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what other processes bring about."""
    async with asyncio.timeout(PATIENCE):
        while not await so():  # noqa: ASYNC110 - it is another process' doing
            await asyncio.sleep(0.02)


async def retender(folder: Path, *arguments: str | Path, **given: str) -> Done:
    """To its end, in `folder`."""
    async with running(folder, *arguments, **given) as process:
        async with asyncio.timeout(PATIENCE):
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


class Serving(NamedTuple):
    process: subprocess.Popen[str]
    url: str
    said: list[dict[str, str]]
    """Its log up to the line that it is up."""

    def ended(self) -> tuple[int, list[str]]:
        """Waits for it: the exit status, and the messages of its log since it was up."""
        assert self.process.stderr is not None
        said = [json.loads(line)["message"] for line in self.process.stderr]
        return self.process.wait(), said


@contextmanager
def serving(folder: Path, *arguments: str, **given: str) -> Iterator[Serving]:
    """A service with real recognition that is up; killed at the end of the block."""
    process = subprocess.Popen(
        [*COMMAND, "serve", *arguments],
        cwd=folder,
        env=environment(folder, **given),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Serving(process, *_until_up(process))
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def _until_up(process: subprocess.Popen[str]) -> tuple[str, list[dict[str, str]]]:
    assert process.stderr is not None
    lines: list[dict[str, str]] = []
    for line in process.stderr:
        assert line.startswith("{"), f"it did not come up: {line}{process.stderr.read()}"
        lines.append(json.loads(line))
        message = lines[-1]["message"]
        if message.startswith(UP):
            return message.removeprefix(UP), lines
    raise AssertionError(f"it did not come up: {lines}")


@asynccontextmanager
async def serving_beside(folder: Path, *arguments: str, **given: str) -> AsyncIterator[Serving]:
    """The same, while this loop goes on: for what the service talks to here."""
    with ExitStack() as stack:
        yield await asyncio.to_thread(
            lambda: stack.enter_context(serving(folder, *arguments, **given))
        )
