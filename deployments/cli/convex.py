"""`retender convex`: the sync to a Convex database."""

from __future__ import annotations

import sys

import typer

from deployments.cli.exit_status import command
from deployments.cli.service import Key, Server, service
from deployments.settings import read

app = typer.Typer(help="The sync of jobs to a Convex database.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `retry` a command of its own while it is the only one."""


@app.command()
@command
async def retry(server: Server = "", key: Key = "") -> None:
    """Send the jobs that Convex has refused, once the cause is mended.

    `/health` and the log say why it refused them. Needs a key with the scope admin, where the
    service asks for keys.

    Example: retender convex retry
    """
    async with service(read(), server, key) as client:
        retried = await client.retry_convex()
    jobs = "1 job is" if retried == 1 else f"{retried} jobs are"
    sys.stdout.write(f"{jobs} sent to Convex again\n")
