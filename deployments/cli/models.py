"""Commands for models: list, download, load, unload."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated

import typer

from deployments.cli.bars import Bars
from deployments.cli.exit_status import command
from deployments.cli.service import Key, Server, looked_for, service
from deployments.cli.tables import megabytes, progress_console, table
from deployments.client.backend import TranscriptionStep
from deployments.client.client import Body
from deployments.logs import configuration
from deployments.settings import read
from deployments.wiring.whisper import default_model, library
from retender.engines.models.download import DownloadProgress
from retender.engines.models.library import Library, LibraryEntry
from retender.errors import EngineUnavailable

app = typer.Typer(help="List, download, load and unload models.")

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]


@app.command("list")
@command
async def list_models(server: Server = "", key: Key = "") -> None:
    """List the models, those on disk first.

    Example: retender models list
    """
    settings = read()
    client = await looked_for(settings, server, key)
    if client is None:
        rows = _on_disk(Library(library(settings)).catalogue(), default_model(settings))
    else:
        async with client:
            rows = [_row(model) for model in await client.models()]
    table(("model", "default", "on disk", "in memory"), rows, "There are no models.")


@app.command()
@command
async def load(name: Name, server: Server = "", key: Key = "") -> None:
    """Have the service load a model before it is needed.

    It is fetched where it is not here.

    Example: retender models load medium
    """
    async with service(read(), server, key) as client:
        workers = await client.load_model(name)
    if not workers:
        raise EngineUnavailable("no worker is up that could load it; try again in a moment")
    sys.stderr.write(
        f"{', '.join(workers)} will load {name}; `retender models list` says how far it is\n"
    )


@app.command()
@command
async def unload(name: Name, server: Server = "", key: Key = "") -> None:
    """Have the service give a model's memory back.

    It does once nobody works with it. The model's files stay.

    Example: retender models unload medium
    """
    async with service(read(), server, key) as client:
        await client.unload_model(name)


@app.command()
@command
async def download(name: Name) -> None:
    """Fetch a model, with or without a service.

    What was broken off goes on where it was.

    Example: retender models download medium
    """
    settings = read()
    configuration.configure("ERROR", settings.log_format)
    models = Library(library(settings))
    named = models.named(name)
    with Bars(progress_console(), 1) as bars, bars.watching(named) as watch:

        def tell(arrived: DownloadProgress) -> None:
            said = f"{megabytes(arrived.done)} of {megabytes(arrived.total)}"
            watch(TranscriptionStep(said, 100 * arrived.done / max(1, arrived.total)))

        place = await models.obtain(named, tell)
    sys.stdout.write(f"{place}\n")


def _on_disk(entries: Iterable[LibraryEntry], default: str) -> list[tuple[str, ...]]:
    here = sorted(entries, key=lambda entry: (not entry.bytes, entry.name))
    return [
        (entry.name, "yes" if entry.name == default else "", megabytes(entry.bytes), "")
        for entry in here
    ]


def _row(model: Body) -> tuple[str, ...]:
    return (
        model["name"],
        "yes" if model["default"] else "",
        megabytes(model["disk_bytes"]),
        "; ".join(map(_holder, model["workers"])),
    )


def _holder(holder: Body) -> str:
    if holder["trouble"]:
        return f"{holder['worker']}: {holder['trouble']}"
    percent = "" if holder["percent"] is None else f" {holder['percent']}%"
    size = f", {megabytes(holder['memory_bytes'])}" if holder["state"] == "loaded" else ""
    return f"{holder['worker']}: {holder['state']}{percent}{size}"
