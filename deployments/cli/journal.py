"""`retender journal`: looks after the journal file."""

from __future__ import annotations

import os
import sys
import time
from functools import partial

import typer

from deployments.cli.exit_status import FAILED
from deployments.cli.tables import table
from deployments.settings import read
from deployments.wiring import backups
from retender.journal.care.checking import check as look
from retender.journal.care.repairing import repair as mend

app = typer.Typer(help="The journal file of the service on this machine.", no_args_is_help=True)


@app.command()
def check() -> None:
    """Look for damage in the journal, also while the service runs. Nothing is changed.

    Checked are the file itself, rows without a job, values that cannot be read, gaps in the events,
    transcripts that do not match their pieces, and recordings that are missing. The exit status is
    1 if anything is found.

    Example: retender journal check
    """
    settings = read()
    # Recordings in an object store are not looked at.
    sizes = None if settings.blobs_url else partial(backups.recording_size, settings)
    found = look(backups.journal_file(settings), sizes)
    rows = [(finding.kind, finding.job_id, finding.about) for finding in found]
    table(("kind", "job", "what"), rows, "Nothing is wrong with the journal.")
    raise SystemExit(FAILED if found else 0)


@app.command()
def repair() -> None:
    """Make a damaged journal whole, while no service runs on it. Nothing is deleted.

    The old journal is moved aside. Rows without a job, and jobs whose own rows do not agree, are
    only there afterwards; the command names them.

    Example: retender journal repair
    """
    settings = read()
    path = backups.journal_file(settings)
    stamp = time.strftime("%Y-%m-%dT%H%M%SZ", time.gmtime())
    done = mend(path, path.parent / f"journal-before-repair-{stamp}-{os.getpid()}")
    if done.aside is None:
        sys.stdout.write("Nothing is wrong with the journal; it was left as it is.\n")
        return
    sys.stdout.write(f"The journal is whole again. As it was, it is in {done.aside}\n")
    if done.unread:
        sys.stdout.write(f"Not everything could be read: rows of {done.unread} tables are lost.\n")
    sys.stdout.writelines(f"left out: {job_id}\n" for job_id in done.left_out)
