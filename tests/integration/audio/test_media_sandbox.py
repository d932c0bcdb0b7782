"""A program that strangers feed gets no further than its cage."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from retender.audio.limits import STDERR_FIRST_BYTES, STDERR_LAST_BYTES
from retender.audio.sandbox import SandboxLimits, run
from retender.errors import EngineUnavailable
from tests.support.engines.stuck_program import DEADLINE, Stuck

PYTHON = (sys.executable, "-I", "-S", "-c")

DYING_OWNER = """
import asyncio, sys
from retender.audio.sandbox import SandboxLimits, run
asyncio.run(run(["/bin/sh", sys.argv[1]], SandboxLimits()))
"""


@pytest.fixture
def stuck(tmp_path: Path) -> Iterator[Stuck]:
    made = Stuck(tmp_path)
    yield made
    made.close()


async def test_what_it_says_and_how_it_ended_is_told() -> None:
    ended = await run([*PYTHON, "import sys; sys.exit('no sound here')"], SandboxLimits())

    assert (ended.code, ended.stderr, ended.timed_out) == (1, "no sound here", False)


async def test_it_sees_no_environment_and_reads_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "secret")
    # Not Python: it gives itself an environment of its own when it starts.
    with (tmp_path / "out").open("wb") as out:
        await run(["/bin/sh", "-c", "env; cat"], SandboxLimits(output=1000), output=out.fileno())

    assert (tmp_path / "out").read_text() in ("PWD=/\n", "")


async def test_its_output_goes_into_the_file_up_to_the_limit(tmp_path: Path) -> None:
    endless = "while True: print('x' * 999)"
    with (tmp_path / "out").open("wb") as out:
        ended = await run([*PYTHON, endless], SandboxLimits(output=5000), output=out.fileno())

    assert (tmp_path / "out").stat().st_size == 5000
    assert ended.code != 0


async def test_a_program_that_leaves_signals_alone_is_stopped_by_the_limit_it_hits(
    tmp_path: Path,
) -> None:
    with (tmp_path / "out").open("wb") as out:
        much = ["/bin/cat", "/dev/zero"]
        written = await run(much, SandboxLimits(output=5000), output=out.fileno())
    worked = await run([*PYTHON, "while True: pass"], SandboxLimits(cpu=1))

    assert written.stopped_by is signal.SIGXFSZ
    assert worked.stopped_by is signal.SIGXCPU


async def test_memory_beyond_the_limit_is_refused() -> None:
    greedy = [*PYTHON, "bytearray(128 << 20)"]

    assert (await run(greedy, SandboxLimits(memory=256 << 20))).code == 0
    assert "MemoryError" in (await run(greedy, SandboxLimits(memory=64 << 20))).stderr


async def test_it_can_open_few_files() -> None:
    ended = await run([*PYTHON, "files = [open('/dev/null') for _ in range(100)]"], SandboxLimits())

    assert "Too many open files" in ended.stderr


async def test_whatever_floods_the_log_ends_and_its_first_and_last_words_are_kept() -> None:
    flood = "import sys; e = sys.stderr.write; e('first '); e('x' * 9_000_000); e(' last')"

    stderr = (await run([*PYTHON, flood], SandboxLimits())).stderr

    assert stderr.startswith("first ")
    assert stderr.endswith(" last")
    assert len(stderr) <= STDERR_FIRST_BYTES + STDERR_LAST_BYTES


async def test_out_of_time_it_is_killed_with_all_that_it_started(stuck: Stuck) -> None:
    running = asyncio.create_task(run(["/bin/sh", str(stuck.script)], SandboxLimits(seconds=5.0)))
    await stuck.born()

    assert (await running).timed_out
    await stuck.dead()


async def test_cancelled_it_is_killed_with_all_that_it_started(stuck: Stuck) -> None:
    running = asyncio.create_task(run(["/bin/sh", str(stuck.script)], SandboxLimits()))
    await stuck.born()

    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(DEADLINE):
            await running
    await stuck.dead()


async def test_it_dies_with_the_process_that_runs_it(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    script = tmp_path / "alone"
    script.write_text(f"exec 3>{pipe}\necho here >&3\nexec sleep 1000\n")
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", DYING_OWNER, str(script))
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(DEADLINE):
        reading = await loop.run_in_executor(None, lambda: os.open(pipe, os.O_RDONLY))
        assert await loop.run_in_executor(None, os.read, reading, 5) == b"here\n"
        owner.kill()
        await owner.wait()
        assert await loop.run_in_executor(None, os.read, reading, 1) == b""
    os.close(reading)


async def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(EngineUnavailable, match="ffmpeg cannot be started"):
        await run(["/nowhere/ffmpeg"], SandboxLimits())
