"""The cluster of `tests.long.nodes`, from outside."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deployments.ray_cluster.plan import Arguments, Pool
from tests.support.http.command import environment


class Cluster:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        at, self.address, self.url = self._next().split()
        assert at == "at"

    def add(self, room: int = 0) -> None:
        self._tell(f"add {room}" if room else "add")

    def lose(self) -> None:
        self._tell("lose")

    def _tell(self, what: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        assert self._next() == "done"

    def _next(self) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(("at ", "done")):
                return line.strip()
        raise AssertionError("the cluster has ended")


@contextmanager
def begun_at(folder: Path, pools: Sequence[Pool]) -> Iterator[Cluster]:
    arguments = Arguments(settings={"RETENDER_DATA_DIR": str(folder)}, pools=tuple(pools))
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "tests.long.nodes", arguments.model_dump_json()],
            env=environment(folder, RETENDER_DEVICE="cpu"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            yield Cluster(process)
        finally:
            process.terminate()
