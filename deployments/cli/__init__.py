"""The `retender` command. Each group of commands is a module; every error is one sentence."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version

import typer

from deployments.cli import (
    backup,
    convex,
    doctor,
    jobs,
    journal,
    keys,
    mcp,
    models,
    serve,
    transcribe,
    watch_folder,
)
from deployments.cli.exit_status import FAILED, complain
from deployments.settings import BadSetting
from retender.errors import RetenderError

app = typer.Typer(
    help="Speech to text, as a service of your own.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.command("transcribe")(transcribe.transcribe)
app.command("jobs")(jobs.jobs)
app.command("job")(jobs.job)
app.command("cancel")(jobs.cancel)
app.command("retry")(jobs.retry)
app.command("watch")(jobs.watch)
app.command("watch-folder")(watch_folder.watch_folder)
app.command("mcp")(mcp.mcp)
app.add_typer(models.app, name="models")
app.add_typer(keys.app, name="keys")
app.add_typer(convex.app, name="convex")
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.add_typer(journal.app, name="journal")
app.command("doctor")(doctor.doctor)


@app.command("version")
def show_version() -> None:
    """Say which version this is."""
    typer.echo(f"retender {version('retender')}")


def main() -> None:
    try:
        app(prog_name="retender")
    except (RetenderError, BadSetting) as error:
        complain(error)
    except BrokenPipeError:
        # The reader closed the pipe: leave nothing to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        complain(error)
    else:
        return
    raise SystemExit(FAILED)
