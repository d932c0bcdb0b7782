"""Whether the data folder has lasted: noticed by a mark that each start leaves in it.

The mark says when the folder was first used, and on how many machines or containers since. A folder
without a mark and without a journal is `new`. That is all that can be known of it: either this is
the first start, or what was there did not survive. A mark without its journal is `incomplete`: part
of what was there is gone. Anything else is `kept`.
"""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from deployments.settings import Settings
from deployments.wiring import journals
from retender.journal.durability import durability_warning, on_root_disk
from retender.storage import durable_files
from serve_app.settings import DataState

MARK: Final = "instance.json"
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class Mark(msgspec.Struct, frozen=True):
    since: float
    """When the folder was first used, in seconds since 1970."""
    place: str
    """The machine or container that started here last."""
    starts: int = 1
    moves: int = 0
    """How often that was another one than before."""


def place() -> str:
    """This boot of this machine or container: another container has another name, and a machine
    has another boot id each time it starts."""
    try:
        boot = BOOT_ID.read_text().strip()
    except OSError:
        boot = ""
    return f"{socket.gethostname()} {boot}"


def inspect(settings: Settings, now: float, here: str) -> tuple[DataState, Mark]:
    """Looks at the folder before anything is written into it. The mark is to be left with
    `leave`."""
    folder = settings.data_dir.absolute()
    before = _read(folder / MARK)
    journal_there = journals.in_database(settings) or (folder / "journal.db").exists()
    if before is None:
        mark = Mark(now, here)
        if journal_there and not journals.in_database(settings):
            return DataState("kept", now, 0, f"{folder} has been used before"), mark
        return DataState("new", now, 0, _new(folder)), mark
    moves = before.moves + (before.place != here)
    mark = Mark(before.since, here, before.starts + 1, moves)
    since = datetime.fromtimestamp(before.since, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if not journal_there:
        gone = f"{folder} has been used since {since}, and its journal is gone: the jobs are lost"
        return DataState("incomplete", before.since, moves, gone), mark
    proof = (
        f"it has survived {moves} restarts of its machine or container"
        if moves
        else "its machine or container has not been restarted yet"
    )
    return DataState("kept", before.since, moves, f"{folder} is there since {since}; {proof}"), mark


def leave(settings: Settings, mark: Mark) -> None:
    folder = settings.data_dir.absolute()
    durable_files.make_folder(folder)
    durable_files.replace_file(folder / MARK, msgspec.json.encode(mark))


def _new(folder: Path) -> str:
    empty = (
        f"{folder} was empty at this start: either this is the first one, or what was there has "
        "not survived the last"
    )
    if durability_warning(str(folder)) is None and not on_root_disk(str(folder)):
        return empty
    return (
        f"{empty}. It lies on the disk of this instance, which is replaced with the instance: jobs "
        "and transcripts last no longer than that"
    )


def _read(file: Path) -> Mark | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Mark)
    except (OSError, msgspec.MsgspecError):
        return None
