"""The service in a process of its own, with an engine that only keeps time in a child of that."""

from __future__ import annotations

import asyncio
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
from actors.transcriber_pool import PoolSettings
from bench.timekeeper import DIARY, START, Timekeeper
from deployments.local import serve
from deployments.settings import read
from retender.sizing import Bounds

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
        """Of the serving process, in bytes."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def paced(folder: Path, chunks: int, pace: float) -> Iterator[Paced]:
    command = [sys.executable, "-m", "bench.paced", str(folder), str(chunks), str(pace)]
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    log = folder / "log"
    with log.open("w") as file, subprocess.Popen(command, env=environment, stderr=file) as process:
        try:
            yield Paced(_port(process, log), process, folder)
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
    pool = PoolSettings(engine=engine, bounds=Bounds(least=1, most=1))
    settings = read(
        {"RETENDER_DATA_DIR": folder, "PORT": "0", "RETENDER_GRACE_SECONDS": "1"},
        Path(os.devnull),
    )
    sys.exit(asyncio.run(serve(settings, [pool])))


if __name__ == "__main__":
    main()
