"""The actors on a Ray that other processes run, as it has them in its own books."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ray._private.authentication.authentication_token_setup import (
    maybe_enable_token_auth_if_token_available,
)
from ray._private.state import GlobalState
from ray._raylet import GcsClientOptions  # type: ignore[attr-defined]  # compiled

from tests.support.http.command import until
from tests.support.http.live_client import Returning
from tests.support.sound.media import ffmpeg

INGRESS = "SERVE_REPLICA::retender#ingress#"
"""How the names of Serve's replicas begin."""

HOURS = 10 * 3600

_ADDRESS = "--gcs-address="


class RayActors:
    def __init__(self, books: Any) -> None:
        self._books = books

    async def process(self, name: str) -> int:
        """That of the actor whose name begins so."""
        process = await asyncio.to_thread(self._process_of, name)
        assert process is not None, f"there is no {name}"
        return process

    async def processes(self, name: str) -> list[int]:
        """Of all actors whose names begin so."""
        return await asyncio.to_thread(self._processes_of, name)

    async def taken(self, resource: str) -> float:
        """Of the cluster's."""
        return await asyncio.to_thread(self._taken, resource)

    async def kill(self, name: str) -> int:
        """The process that it was."""
        process = await self.process(name)
        os.kill(process, signal.SIGKILL)
        return process

    async def ended(self, name: str, process: int) -> None:
        async def so() -> bool:
            return await asyncio.to_thread(self._process_of, name) != process

        await until(so)

    async def stands_again(self, name: str, killed: int) -> None:
        async def so() -> bool:
            return await asyncio.to_thread(self._process_of, name) not in {None, killed}

        await until(so)

    def _process_of(self, name: str) -> int | None:
        found = self._processes_of(name)
        assert len(found) <= 1, f"there is more than one {name}"
        return found[0] if found else None

    def _processes_of(self, name: str) -> list[int]:
        living = (each for each in self._books.actor_table(None).values() if _instances(each))
        return [each["Pid"] for each in living if each["Name"].startswith(name)]

    def _taken(self, resource: str) -> float:
        there: float = self._books.cluster_resources().get(resource, 0.0)
        left: float = self._books.available_resources().get(resource, 0.0)
        return there - left


@contextmanager
def ray_actors(address: str) -> Iterator[RayActors]:
    maybe_enable_token_auth_if_token_available(warn_if_disabled=False)
    books: Any = GlobalState()  # type: ignore[no-untyped-call]  # Ray's own
    books._initialize_global_state(
        GcsClientOptions.create(
            address, None, allow_cluster_id_nil=True, fetch_cluster_id_if_nil=False
        )
    )
    try:
        yield RayActors(books)
    finally:
        books.disconnect()


def address_among(processes: Iterable[int]) -> str:
    """That of the Ray which one of these is part of."""
    for process in processes:
        for word in Path(f"/proc/{process}/cmdline").read_bytes().decode().split("\0"):
            if word.startswith(_ADDRESS):
                return word.removeprefix(_ADDRESS)
    raise AssertionError("no Ray has been started")


def _instances(actor: dict[str, object]) -> bool:
    return actor["State"] == "ALIVE"


def hours_of_silence(folder: Path) -> Path:
    """A small file that takes a worker so long that it can be killed over it."""
    path = folder / "hours.flac"
    ffmpeg("-f", "lavfi", "-i", f"anullsrc=r=8000:cl=mono:d={HOURS}", "-c:a", "flac", path)
    return path


def begun_with(client: Returning) -> int:
    """How often a worker has begun with the recording."""
    return sum(told["data"]["stage"] == "preparing" for told in client.heard)
