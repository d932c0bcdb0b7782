"""`retender backup` and `retender restore`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from deployments.settings import read

Folder = Annotated[Path, typer.Argument(metavar="DIR", show_default=False)]


def backup(
    folder: Folder,
    *,
    copy: Annotated[
        bool, typer.Option("--copy", help="Copy recordings, even where links to them would do.")
    ] = False,
) -> None:
    """Back up the data folder into DIR, also while the service runs.

    The next backup into the same DIR replaces this one when it is complete, and copies only the
    recordings that are new. On one disk recordings are hard links: they take no space, and are lost
    with that disk.

    Example: retender backup /backup/retender
    """
    # The manager and its journal: the other commands need not wait for them.
    from deployments.wiring import backups  # noqa: PLC0415 - see above

    settings = read()
    made = backups.make(settings, folder, link=not copy)
    sys.stdout.write(
        f"{len(made.recordings)} recordings and {len(made.files)} other files are in {folder}\n"
    )
    if made.journal == "none":
        sys.stderr.write(
            f"The journal is NOT in the backup: {backups.missing_program('pg_dump')}. Back up the "
            "database with its own tools, before the recordings.\n"
        )
    if settings.blobs_url:
        sys.stderr.write("Recordings are in the object store: copy or version the bucket.\n")
    if made.missing:
        sys.stderr.write(
            f"{len(made.missing)} recordings of unfinished or failed jobs were not there; "
            "`retender journal check` names them.\n"
        )


def restore(
    folder: Folder,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Move aside what is in the data folder.")
    ] = False,
) -> None:
    """Put the backup in DIR into the data folder, while no service runs on it.

    Every file is checked first. A data folder with anything in it but models is refused without
    --replace. If it is interrupted, run it again; until then the service does not start.

    Example: RETENDER_DATA_DIR=/var/lib/retender retender restore /backup/retender
    """
    from deployments.wiring import backups  # noqa: PLC0415 - as above

    settings = read()
    found, aside = backups.put_back(settings, folder, replace=replace)
    data = settings.data_dir.absolute()
    what = "recordings" if found.journal == "none" else "recordings and the journal"
    sys.stdout.write(f"{len(found.recordings)} {what} are in {data}\n")
    if (data / aside).exists():
        sys.stdout.write(f"What was there before is in {data / aside}\n")
    if found.journal == "postgres":
        sys.stdout.write(
            "Load the journal into an empty database: pg_restore --no-owner --dbname=DATABASE "
            f"{data / backups.DUMP}\n"
        )
