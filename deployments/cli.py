"""The `retender` command."""

from __future__ import annotations

import asyncio
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from actors.transcriber_pool import PoolSettings
from deployments import logs, recognition
from deployments.local import serve as serve_local
from deployments.settings import BadSetting, Settings, read
from deployments.transcribe import Desk, passing_service
from retender.errors import RetenderError
from retender.events import Event, Passing
from retender.formats import Format, render
from retender.jobs import Options
from retender.messages import say
from retender.transcript import Transcript

app = typer.Typer(help="Speech to text, as a service of your own.", no_args_is_help=True)


@app.command()
def serve() -> None:
    """Start the service; Ctrl-C or SIGTERM stops it in order."""
    settings = _settings()
    logs.configure(settings.log_level, settings.log_format)
    try:
        status = asyncio.run(serve_local(settings, _pool(settings)))
    except BadSetting as error:
        raise SystemExit(f"Retender cannot start: {error}") from error
    except RetenderError as error:
        raise SystemExit(f"Retender cannot start: {_cause(error)}") from error
    raise SystemExit(status)


@app.command()
def transcribe(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True)],
    model: Annotated[str, typer.Option(help="`digits` needs no download.")] = "",
    language: Annotated[str, typer.Option(help="A code such as `es`, or `auto`.")] = "auto",
    kind: Annotated[Format, typer.Option("--format", help="How the text is written.")] = "txt",
    output_dir: Annotated[
        Path | None, typer.Option(help="Where to write a file for each; else it is printed.")
    ] = None,
) -> None:
    """Turn recordings into text here and now, without a running service."""
    settings = _settings()
    logs.configure("WARNING", settings.log_format)
    pool = _pool(settings)
    if pool is None:
        raise SystemExit("Nothing can be recognised here: install `retender[whisper]`.")
    options = Options(model=model, language=language)

    async def work() -> None:
        async with passing_service(settings, pool) as desk:
            for file in files:
                transcript = await _watched(desk, file, options, settings.language)
                _put_out(render(transcript, kind), file, kind, output_dir)

    try:
        asyncio.run(work())
    except RetenderError as error:
        raise SystemExit(_cause(error)) from error


@app.command("version")
def show_version() -> None:
    """Say which version this is."""
    sys.stdout.write(f"retender {version('retender')}\n")


async def _watched(desk: Desk, file: Path, options: Options, language: str) -> Transcript:
    """With a bar on the terminal, where someone watches."""
    with Progress(console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task(file.name, total=100.0)

        def watch(news: Event | Passing) -> None:
            bars.update(bar, completed=news.progress, description=say(news.note, language))

        return await desk.transcribe(file, options, watch)


def _put_out(text: str, file: Path, kind: Format, output_dir: Path | None) -> None:
    if output_dir is None:
        sys.stdout.write(text)
    else:
        output_dir.mkdir(parents=True, exist_ok=True)
        (output_dir / f"{file.stem}.{kind}").write_text(text, encoding="utf-8")


def _pool(settings: Settings) -> PoolSettings | None:
    return recognition.pool(settings) if recognition.installed() else None


def _cause(error: RetenderError) -> str:
    """What it was at the bottom of the tree."""
    return str(error.details.get("cause", error.message)).removeprefix("ChildFailed: ")


def _settings() -> Settings:
    try:
        return read()
    except BadSetting as error:
        raise SystemExit(f"Retender cannot start: {error}") from error


def main() -> None:
    app()
