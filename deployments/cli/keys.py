"""Commands for API keys. A running service notices a change within a second."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from deployments.cli.exit_status import FAILED, complain
from deployments.cli.tables import table
from deployments.settings import read
from deployments.wiring import keys
from retender.errors import RetenderError
from serve_app.access.api_keys import USUAL, Key, Scope
from serve_app.limits import HIGHEST_PRIORITY

app = typer.Typer(help="The keys of the service on this machine.")


@app.command()
def create(
    name: Annotated[str, typer.Option(help="To tell it from others.", show_default=False)] = "",
    scope: Annotated[
        list[Scope], typer.Option(help="What may be done with it; may be given several times.")
    ] = list(USUAL),  # noqa: B006 - typer reads it, nobody changes it
    owner: Annotated[
        str,
        typer.Option(
            help="Whose its jobs are; keys of one owner share theirs. Else it is on its own.",
            show_default=False,
        ),
    ] = "",
    hotwords: Annotated[
        str,
        typer.Option(
            help="Words to listen for in each of its jobs: names, products.", show_default=False
        ),
    ] = "",
    priority_max: Annotated[
        int | None,
        typer.Option(
            min=-HIGHEST_PRIORITY,
            max=HIGHEST_PRIORITY,
            help="The highest priority of its jobs; else what RETENDER_PRIORITY_MAX says, or 0.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Create a key and print it, once.

    As soon as there is a key, the service requires one.

    Example: retender keys create --name website --scope submit --scope read
    """
    settings = read()
    text, key = keys.create(
        settings, name=name, scopes=scope, owner=owner, hotwords=hotwords, priority_max=priority_max
    )
    sys.stdout.write(f"{text}\n")
    sys.stderr.write(f"Keep it: it is shown only now. Its id is {key.id}; it may {_scopes(key)}.\n")


@app.command("list")
def list_keys() -> None:
    """List the keys, the revoked ones too.

    Only their ids are shown: the keys themselves are not stored.

    Example: retender keys list
    """
    settings = read()
    found = keys.key_file(settings).read()
    listed = [(*_row(key), "in RETENDER_API_KEYS") for key in settings.api_keys]
    heads = ("id", "name", "may", "owner", "made", "state")
    table(heads, [*((*_row(key), _state(key)) for key in found), *listed], "There are no keys.")


@app.command()
def revoke(
    key_ids: Annotated[list[str], typer.Argument(metavar="ID…", show_default=False)],
) -> None:
    """Revoke keys.

    After the last one is revoked nobody has access until a new key is created.

    Example: retender keys revoke 1f0c22b7a9d4
    """
    settings = read()
    status = 0
    for key_id in key_ids:
        try:
            keys.revoke(settings, key_id)
        except RetenderError as error:
            complain(error)
            status = FAILED
    raise SystemExit(status)


@app.command("webhook-secret")
def webhook_secret() -> None:
    """Show the secret that signs webhooks; receivers need it.

    During a rotation there are two. It is created if the service has never been started.

    Example: retender keys webhook-secret
    """
    # The actors: the other commands need not wait for them.
    from deployments.wiring.webhooks import webhook_secrets  # noqa: PLC0415 - see above

    sys.stdout.writelines(f"{secret}\n" for secret in webhook_secrets(read()))


def _row(key: Key) -> tuple[str, ...]:
    owner = "" if key.owner == key.id else key.owner
    return key.id, key.name, _scopes(key), owner, _day(key.created_at)


def _scopes(key: Key) -> str:
    passes = () if key.priority_max is None else (f"priority to {key.priority_max}",)
    return ", ".join((*map(str, key.scopes), *passes))


def _state(key: Key) -> str:
    return "good" if key.revoked_at is None else f"revoked {_day(key.revoked_at)}"


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at)) if at else ""
