"""`retender watch-folder`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, cast, get_args

import typer

from deployments.cli.exit_status import FAILED, complain, run
from deployments.cli.service import Key, Server, service
from deployments.client.cause import cause
from deployments.logs import configuration
from deployments.settings import read
from deployments.watch_folder.records import InUse, Records
from deployments.watch_folder.watcher import Folders, WantedResults, Watcher
from retender.errors import InvalidOption
from retender.transcript.formats import Format
from serve_app.uploads.options import wanted

KINDS: Final = get_args(Format)


def watch_folder(  # noqa: PLR0917 - the options of the command, which are given by name
    source: Annotated[Path, typer.Argument(metavar="IN", exists=True, file_okay=False)],
    out: Annotated[Path, typer.Argument(metavar="OUT", file_okay=False)],
    formats: Annotated[
        str, typer.Option("--formats", help=f"With commas between them: {', '.join(KINDS)}.")
    ] = "txt,srt",
    language: Annotated[str, typer.Option(help="A code such as `es`, or `auto`.")] = "auto",
    model: Annotated[str, typer.Option(show_default=False)] = "",
    engine: Annotated[str, typer.Option(help="auto, local or groq.")] = "auto",
    task: Annotated[str, typer.Option(help="transcribe or translate.")] = "transcribe",
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 5.0,
    settle: Annotated[
        float, typer.Option(min=0, help="A file is whole if it is unchanged for so long.")
    ] = 10.0,
    once: Annotated[
        bool, typer.Option("--once", help="Do what has arrived, and end: for cron.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="First try again those that failed.")
    ] = False,
    server: Server = "",
    key: Key = "",
) -> None:
    """Turn every recording that is put in IN into text in OUT.

    Folders below IN are watched too, and repeated in OUT. The command may be killed at any moment:
    when it runs again it goes on where it was, and no recording is done twice. Why one failed is
    in OUT beside its results. Exit status of --once: 0 none failed, 1 some failed.

    Example: retender watch-folder recordings texts --formats srt,txt --language es
    """
    kinds = tuple(dict.fromkeys(kind.strip() for kind in formats.split(",") if kind.strip()))
    if not kinds or not set(kinds) <= set(KINDS):
        raise typer.BadParameter(f"--formats takes {', '.join(KINDS)}, with commas between them")
    given = {"language": language, "model": model, "engine": engine, "task": task}
    fields = {name: value for name, value in given.items() if value.strip()}
    try:
        wanted({name: [value] for name, value in fields.items()})
    except InvalidOption as error:
        raise typer.BadParameter(cause(error)) from error
    settings = read()
    configuration.configure("ERROR", settings.log_format)

    async def work() -> int:
        async with service(settings, server, key) as client:
            what = WantedResults(fields, cast("tuple[Format, ...]", kinds))
            watcher = Watcher(client, Folders(source, out), what, settle, typer.echo)
            if retry_failed:
                await watcher.retry_failed()
            if once:
                return 0 if await watcher.once() else FAILED
            await watcher.run(every)
            return 0

    try:
        with Records(out).alone():
            status = run(work())
    except InUse as error:
        complain(error)
        raise SystemExit(FAILED) from error
    raise SystemExit(status)
