"""The `retender` command."""

from __future__ import annotations

import asyncio
import sys
from importlib.metadata import version

import typer

from deployments import logs
from deployments.local import serve as serve_local
from deployments.settings import BadSetting, Settings, read
from retender.errors import RetenderError

app = typer.Typer(help="Speech to text, as a service of your own.", no_args_is_help=True)


@app.command()
def serve() -> None:
    """Start the service; Ctrl-C or SIGTERM stops it in order."""
    settings = _settings()
    logs.configure(settings.log_level, settings.log_format)
    try:
        status = asyncio.run(serve_local(settings, pool=None))
    except RetenderError as error:
        raise SystemExit(f"Retender cannot start: {_cause(error)}") from error
    raise SystemExit(status)


@app.command("version")
def show_version() -> None:
    """Say which version this is."""
    sys.stdout.write(f"retender {version('retender')}\n")


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
