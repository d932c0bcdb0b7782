"""Decides who may follow a job: by key, by ticket, and by the page that opens the connection."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection
from starlette.responses import Response

from actors.broadcasting.broadcaster import Broadcaster
from actors.limits import TICKET_SECONDS
from retender.errors import Forbidden
from serve_app.access import callers
from serve_app.access.api_keys import Scope
from serve_app.access.callers import Caller, caller
from serve_app.access.tickets import invalid_ticket
from serve_app.access.trusted_hosts import welcome
from serve_app.description import answers
from serve_app.description.examples import example
from serve_app.middleware.accept_language import language_of
from serve_app.middleware.trusted_hosts import refused
from serve_app.state.live_messages import Reader
from serve_app.state.services import Given, Services

router = APIRouter(tags=["live"])


Ticket = Annotated[
    str | None, Query(description="From `POST /ws-ticket`, where no header can be sent.")
]


class TicketShape(BaseModel):
    model_config = example({"ticket": "mR3kT0…", "expires_in": TICKET_SECONDS})

    ticket: str
    expires_in: float = Field(description="Seconds.")


@router.post("/ws-ticket", responses={200: {"model": TicketShape}})
async def ws_ticket(services: Given, holder: callers.Reader) -> Response:
    """For `?ticket=` of one WebSocket or event stream, where no header can be sent. Good once."""
    ticket = services.tickets.issue(holder)
    return answers.json({"ticket": ticket, "expires_in": TICKET_SECONDS})


async def admit(connection: HTTPConnection, services: Services) -> Caller:
    """Raises `Unauthorized`, `Forbidden` or `RateLimited`; `Unreachable` if the Broadcaster, which
    knows the used tickets, does not answer."""
    await by_ticket(connection, services, connection.query_params.get("ticket"))
    found = await caller(connection)
    found.need(Scope.READ)
    origin = connection.headers.get("origin")
    host = connection.headers.get("host", "")
    if not welcome(origin, host, services.settings.cors_origins):
        raise Forbidden(f"pages from {origin} may not follow jobs here")
    if services.keys.open and (refusal := refused(connection, services.settings)) is not None:
        raise refusal
    return found


async def by_ticket(connection: HTTPConnection, services: Given, ticket: Ticket = None) -> None:
    """Let the connection act as the ticket's holder, once. Raises `Unauthorized`."""
    if not ticket or services.keys.open:
        return
    found = services.tickets.read(ticket)
    if not await services.broadcaster.ask(Broadcaster.first_use, found.number, found.until):
        raise invalid_ticket()
    connection.state.caller = found.holder


def reader_of(connection: HTTPConnection) -> Reader:
    return Reader(language_of(connection), connection.scope.get("root_path", "").rstrip("/"))
