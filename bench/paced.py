"""The service in a process of its own, with an engine that only keeps time in a child of that.

RETENDER_PROFILE says what it is started on: `local` if it is not set, or `ray`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from actors.runtime.api import Recipe
from actors.workers.transcriber_pool import PoolSettings
from bench.timekeeper import DIARY, START, Timekeeper
from deployments import profiles
from deployments.settings import read
from retender.scheduling.pool_size import Bounds
from tests.support.engines.recognition_service import resident
from tests.support.http.deployed_service import doors

_UP: Final = re.compile(r"is up at http://[^ :]+:(\d+)")


class Paced(NamedTuple):
    """A running service."""

    port: int
    process: subprocess.Popen[bytes]
    folder: Path

    def submit(self) -> str:
        address = f"http://127.0.0.1:{self.port}/transcribe-job?vad=no"
        answer = httpx.put(address, content=os.urandom(64), trust_env=False)
        job_id: str = answer.raise_for_status().json()["job_id"]
        return job_id

    def begin(self) -> None:
        (self.folder / START).touch()

    def diary(self) -> dict[str, float]:
        """When each percentage was reached."""
        lines = (self.folder / DIARY).read_text().splitlines()
        return {percent: float(at) for percent, at in map(str.split, lines)}

    def memory(self) -> float:
        """Of the process that holds the connections, in bytes."""
        return sum(map(resident, doors(self.process.pid)))


@contextmanager
def paced(folder: Path, chunks: int, pace: float) -> Iterator[Paced]:
    with started(["bench.paced", str(folder), str(chunks), str(pace)], folder) as (process, port):
        yield Paced(port, process, folder)


@contextmanager
def started(module: list[str], folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A module that serves, with its arguments, and the port it serves at."""
    command = [sys.executable, "-m", *module]
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    log = folder / "log"
    with log.open("w") as file, subprocess.Popen(command, env=environment, stderr=file) as process:
        try:
            yield process, _port(process, log)
        finally:
            process.terminate()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    while process.poll() is None:
        if (found := _UP.search(log.read_text())) is not None:
            return int(found.group(1))
        time.sleep(0.05)
    raise SystemExit(log.read_text())


def main() -> None:
    folder, chunks, pace = sys.argv[1:]
    engine = Recipe.of(Timekeeper, folder=folder, chunks=int(chunks), pace=float(pace))
    profile = os.environ.get("RETENDER_PROFILE", "local")
    host = "ray" if profile == "ray" else "process"
    pool = PoolSettings(engine=engine, host=host, bounds=Bounds(least=1, most=1))
    settings = read(
        {
            "RETENDER_DATA_DIR": folder,
            "RETENDER_PROFILE": profile,
            "PORT": "0",
            "RETENDER_GRACE_SECONDS": "1",
        },
        Path(os.devnull),
    )
    sys.exit(profiles.serve(settings, [pool]))


if __name__ == "__main__":
    main()
