"""A service with real recognition that can be killed: `python -m tests.kills.recognition FOLDER`.

It takes in the ten minutes, if it has not yet, and works on them until they are done. What it
says, line by line: `given N` when a piece goes to a worker, `done N` when its result is on disk,
and `completed` at the end.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from deployments.logs import configuration
from retender.jobs.pieces import PieceState
from retender.journal.api import Grant, Settle, Write
from retender.journal.connection import Database
from retender.journal.sqlite import SqliteJournal
from tests.support.engines.recognition_service import Shape, whole_service
from tests.support.sound.ten_minutes import OPTIONS

JOB = "job"


def tell(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def tell_of_commits() -> None:
    commit = SqliteJournal._commit

    def telling(
        journal: SqliteJournal, database: Database, epoch: int, writes: Sequence[Write]
    ) -> None:
        commit(journal, database, epoch, writes)
        for write in writes:
            if isinstance(write, Grant):
                tell(f"given {write.piece.index}")
            elif isinstance(write, Settle) and write.piece.state is PieceState.DONE:
                tell(f"done {write.piece.index}")

    setattr(SqliteJournal, "_commit", telling)  # noqa: B010 - not for the type checker


async def main(folder: Path, recording: Path) -> None:
    async with whole_service(folder, Shape(workers=2)) as service:
        await service.submit(recording, OPTIONS, job_id=JOB)
        tell(str((await service.ended(JOB)).status))


if __name__ == "__main__":
    configuration.configure("ERROR", "human")
    tell_of_commits()
    asyncio.run(main(*map(Path, sys.argv[1:])))
