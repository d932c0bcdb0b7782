"""`retender serve`."""

from __future__ import annotations

import os
from typing import Annotated, Literal

import typer

from deployments.client.cause import cause
from deployments.logs import configuration
from deployments.settings import BadSetting, read
from retender.errors import RetenderError

Profile = Literal["auto", "local", "koyeb", "ray"]


def serve(
    profile: Annotated[
        Profile | None,
        typer.Option(
            help="Where the actors run: `local` is one process, `koyeb` one on a small instance "
            "with Groq, `ray` a cluster.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(help="Where to listen; 0.0.0.0 is everywhere.", show_default=False),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="0 takes a free one.", show_default=False),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open the page, on a desktop.")
    ] = False,
) -> None:
    """Start the service.

    Ctrl-C or SIGTERM stops it in order, a second one hurries it. What is not said
    here is set in the environment or in a `.env` file: HOST, PORT, and the rest.

    Example: retender serve --host 0.0.0.0 --port 8080
    """
    # Only this command waits for all that it takes.
    from deployments import profiles  # noqa: PLC0415 - see above

    given = {
        "RETENDER_PROFILE": profile,
        "HOST": host,
        "PORT": port,
        "RETENDER_BROWSER": "never" if no_browser else None,
    }
    said = {name: str(value) for name, value in given.items() if value is not None}
    try:
        settings = read({**os.environ, **said})
        configuration.configure(settings.log_level, settings.log_format)
        status = profiles.serve(settings)
    except (BadSetting, RetenderError, OSError) as error:
        raise SystemExit(f"Retender cannot start: {cause(error)}") from error
    raise SystemExit(status)
