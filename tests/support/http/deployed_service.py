"""The whole service as its owner runs it, on either profile: real HTTP, a real disk, and the
digits model that really listens. It can be killed, told to stop, and started again over its data.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from retender.outbound.tls import trust
from tests.support.engines.recognition_service import resident
from tests.support.http.command import COMMAND, environment

UP = "Retender is up at "
DEADLINE = 240.0
"""Seconds, on a machine that has much else to do."""

TICKS = os.sysconf("SC_CLK_TCK")
MEBIBYTE = 1 << 20

DOORS = ("haproxy", "ray::ServeRepli")
"""Where requests come in on Ray, by the names of the processes."""
RECOGNISES = "ctranslate2"
"""Loaded by the process that does."""


def begin(folder: Path, log: Path, settings: dict[str, str]) -> subprocess.Popen[bytes]:
    """Its log goes to a file, for nobody reads it while the service works. `RETENDER_PROFILE` says
    what it is started on; in one process if not set."""
    with log.open("ab") as lines:
        return subprocess.Popen(
            [*COMMAND, "serve"],
            cwd=folder,
            env=environment(folder, **settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=lines,
        )


class Served:
    """One life of the service on this folder."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.folder = folder
        earlier = len(list(folder.glob("service-*.log")))
        self.log = folder / f"service-{earlier + 1}.log"
        self.process = begin(folder, self.log, settings)
        self.url = ""

    def until_up(self) -> None:
        while not self.url:
            ended = self.process.poll() is not None
            for message in self.messages:
                if message.startswith(UP):
                    self.url = message.removeprefix(UP)
            assert self.url or not ended, f"it did not come up: {self.log.read_text()}"
            time.sleep(0.1)

    @property
    def said(self) -> list[dict[str, str]]:
        """The lines of its log, but for one that is just being written."""
        whole, _, _ = self.log.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    @property
    def messages(self) -> list[str]:
        return [line["message"] for line in self.said]

    @property
    def port(self) -> str:
        return self.url.rpartition(":")[2]

    def asking(self) -> httpx.AsyncClient:
        """As many requests at a time as there are, each on a connection of its own: none waits for
        another's, or finds it just closed."""
        most = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        return httpx.AsyncClient(
            base_url=self.url, timeout=DEADLINE, limits=most, verify=trust(), trust_env=False
        )

    def stop(self) -> None:
        """Tells it to stop, and goes on."""
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(DEADLINE)

    def ended(self) -> int:
        """Waits for it: the exit status."""
        return self.process.wait(DEADLINE)

    def cpu_seconds(self) -> float:
        """What its workers have computed so far. On Ray there are others, which never rest."""
        return sum(_cpu_seconds(pid) for pid in self.processes if RECOGNISES in _told(pid, "maps"))

    @property
    def processes(self) -> set[int]:
        """All that run for the service, its own first one included."""
        return {self.process.pid} | below(self.process.pid)

    @contextmanager
    def growing_by_at_most(self, size: int) -> Iterator[None]:
        """Bytes of memory, of all processes that requests pass through, at any moment of the
        block."""
        passed = doors(self.process.pid)
        before = sum(map(resident, passed))
        for pid in passed:
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak is counted from here
        yield
        grown = sum(resident(pid, "VmHWM") for pid in passed) - before
        assert grown < size, f"it has grown by {grown / MEBIBYTE:.0f} MiB"


@contextmanager
def begun(folder: Path, **settings: str) -> Iterator[Served]:
    """As soon as it has been started; killed at the end of the block if it still runs then."""
    folder.mkdir(parents=True, exist_ok=True)
    service = Served(folder, settings)
    try:
        yield service
    finally:
        service.kill()


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[Served]:
    """The same once it is up."""
    with begun(folder, **settings) as service:
        service.until_up()
        yield service


def asking(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=DEADLINE, verify=trust(), trust_env=False)


async def job(http: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    answer = await http.get(f"/job/{job_id}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def end_of(http: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    """The job once it has ended: its event stream closes then."""
    async with http.stream("GET", f"/job/{job_id}/events") as events:
        async for _ in events.aiter_lines():
            pass
    return await job(http, job_id)


async def hand_in(http: httpx.AsyncClient, recording: Path, **fields: str) -> str:
    """By form. The job's id."""
    sound = await asyncio.to_thread(recording.read_bytes)
    files = {"file": (recording.name, sound, "audio/wav")}
    answer = await http.post("/transcribe-job", files=files, data=fields)
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["job_id"]
    return job_id


def doors(pid: int) -> set[int]:
    """The processes that requests to this service pass through."""
    found = {each for each in below(pid) if _told(each, "comm").startswith(DOORS)}
    return found or {pid}


def parent(pid: int) -> int:
    return int(_stat(pid)[1])


def below(pid: int) -> set[int]:
    parents = {int(path.name): _stat(int(path.name)) for path in Path("/proc").glob("[0-9]*")}
    found: set[int] = set()
    fresh = {pid}
    while fresh:
        fresh = {child for child, stat in parents.items() if stat and int(stat[1]) in fresh}
        found |= fresh
    return found


def _cpu_seconds(pid: int) -> float:
    stat = _stat(pid)
    return sum(map(int, stat[11:15])) / TICKS if stat else 0.0


def _stat(pid: int) -> list[str]:
    """From the process' state on; empty where it is gone."""
    return _told(pid, "stat").rpartition(")")[2].split()


def _told(pid: int, file: str) -> str:
    """What the kernel tells of a process; nothing where it is gone."""
    try:
        return Path(f"/proc/{pid}/{file}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
