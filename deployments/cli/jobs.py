"""Commands to list, show, cancel, retry and follow jobs."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Annotated

import typer

from actors.limits import JOBS_PER_PAGE
from deployments.cli.bars import Bars
from deployments.cli.exit_status import FAILED, command, complain
from deployments.cli.service import Key, Server, service
from deployments.cli.tables import clock, facts, progress_console, table
from deployments.client.backend import OnStep
from deployments.client.by_service import failure_of, step_of
from deployments.client.client import Body, Client
from deployments.client.following import follow
from deployments.settings import read
from retender.errors import RetenderError
from retender.jobs.states import Status
from retender.transcript.formats import Format

JobId = Annotated[str, typer.Argument(metavar="ID", show_default=False)]
JobIds = Annotated[list[str], typer.Argument(metavar="ID…", show_default=False)]


@command
async def jobs(
    status: Annotated[
        Status | None, typer.Option(help="Only those that are so.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=JOBS_PER_PAGE)] = 20,
    server: Server = "",
    key: Key = "",
) -> None:
    """List the jobs of the service, the newest first.

    Example: retender jobs --status failed
    """
    async with service(read(), server, key) as client:
        found = await client.jobs(None if status is None else str(status), limit)
    heads = ("job", "status", "done", "made", "length", "language", "model")
    table(heads, map(_row, found), "There are no such jobs." if status else "There are no jobs.")


@command
async def job(
    job_id: JobId,
    kind: Annotated[
        Format | None, typer.Option("--format", help="Print its transcript so.", show_default=False)
    ] = None,
    server: Server = "",
    key: Key = "",
) -> None:
    """Show a job, or its transcript.

    Example: retender job 4f1c9a2be07d4a53 --format srt
    """
    async with service(read(), server, key) as client:
        if kind is not None:
            sys.stdout.write(await client.result(job_id, kind))
        else:
            facts(_facts(await client.job(job_id)))


@command
async def cancel(job_ids: JobIds, server: Server = "", key: Key = "") -> int:
    """Cancel jobs.

    Example: retender cancel 4f1c9a2be07d4a53
    """
    return await _each(job_ids, server, key, Client.cancel)


@command
async def retry(job_ids: JobIds, server: Server = "", key: Key = "") -> int:
    """Retry failed jobs.

    Parts that are finished are not done again.

    Example: retender jobs --status failed | cut -f1 | xargs retender retry
    """
    return await _each(job_ids, server, key, Client.retry)


@command
async def watch(job_id: JobId, server: Server = "", key: Key = "") -> int:
    """Follow a job to its end.

    Its text appears as it comes. Ctrl-C leaves the job alone.

    Example: retender watch 4f1c9a2be07d4a53
    """
    async with service(read(), server, key) as client:
        with Bars(progress_console(), 1) as bars, bars.watching(job_id) as see:
            await _follow(client, job_id, bars, see)
        body = await client.job(job_id)
    if body["status"] == Status.COMPLETED:
        return 0
    sys.stderr.write(f"{job_id}: {failure_of(body)}\n")
    return FAILED


async def _follow(client: Client, job_id: str, bars: Bars, see: OnStep) -> None:
    async with aclosing(follow(client, job_id)) as news:
        async for told in news:
            if (step := step_of(told)) is not None:
                see(step)
            for segment in told["data"].get("segments", ()):
                with bars.aside():
                    sys.stdout.write(f"{segment['text'].strip()}\n")
                    sys.stdout.flush()


async def _each(
    job_ids: Sequence[str], server: str, key: str, do: Callable[[Client, str], Awaitable[None]]
) -> int:
    """Apply to each job; a failure is printed and the next job is tried."""
    status = 0
    async with service(read(), server, key) as client:
        for job_id in job_ids:
            try:
                await do(client, job_id)
            except RetenderError as error:
                complain(error, job_id)
                status = FAILED
    return status


def _row(body: Body) -> tuple[str, ...]:
    return (
        body["job_id"],
        body["status"],
        f"{body['progress']:.0f}%",
        _time(body["created_at"]),
        clock(body["duration"]),
        body["language"] or "",
        body["model"] or "",
    )


def _facts(body: Body) -> tuple[tuple[str, str], ...]:
    error = body["error"]
    return (
        ("job", body["job_id"]),
        ("status", body["status"]),
        ("stage", body["stage"]),
        ("progress", f"{body['progress']:.0f}%"),
        ("message", body["message"]),
        ("place in the queue", str(body["queue_position"] or "")),
        ("time left", clock(body["estimated_time_remaining"])),
        ("made", _time(body["created_at"])),
        ("begun", _time(body["started_at"])),
        ("ended", _time(body["completed_at"])),
        ("attempt", str(body["attempt"])),
        ("length", clock(body["duration"])),
        ("language", body["language"] or ""),
        ("model", body["model"] or ""),
        ("error", "" if error is None else f"{error['code']}: {failure_of(body)}"),
    )


def _time(iso: str | None) -> str:
    """To the second, in UTC."""
    return "" if iso is None else f"{iso[:10]} {iso[11:19]}"
