"""Lets a player fetch a recording where keys are on: an `<audio>` element sends no header.

A ticket is for one job and for reading, and may be used again and again until it expires: a player
asks for range after range. It ends early with the key that it was issued to.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection
from starlette.responses import Response

from actors.manager.job_manager import JobManager
from retender.errors import JobNotFound
from serve_app.access.api_keys import Scope
from serve_app.access.callers import Caller, Reader
from serve_app.access.tickets import invalid_ticket
from serve_app.description import answers
from serve_app.description.examples import JOB_ID, example
from serve_app.limits import AUDIO_TICKET_SECONDS
from serve_app.state.services import Given

router = APIRouter(tags=["jobs"])

Ticket = Annotated[
    str | None,
    Query(description="From `POST /job/{job_id}/audio-ticket`, where no header can be sent."),
]


class AudioTicketShape(BaseModel):
    model_config = example(
        {
            "ticket": "mR3kT0…",
            "expires_in": AUDIO_TICKET_SECONDS,
            "url": f"/job/{JOB_ID}/audio?ticket=mR3kT0…",
        }
    )

    ticket: str
    expires_in: float = Field(description="Seconds.")
    url: str = Field(description="The recording's address on this host, with the ticket.")


@router.post(
    "/job/{job_id}/audio-ticket",
    responses={200: {"model": AudioTicketShape}, **answers.errors(JobNotFound)},
)
async def audio_ticket(job_id: str, request: Request, services: Given, caller: Reader) -> Response:
    """For a player that can send no header: good for this recording until it expires."""
    await services.manager.ask(JobManager.status, job_id, caller.owner)
    holder = Caller(caller.name, caller.owner, frozenset({Scope.READ}))
    ticket = services.tickets.issue(holder, job_id=job_id, seconds=AUDIO_TICKET_SECONDS)
    root = request.scope.get("root_path", "").rstrip("/")
    body = {
        "ticket": ticket,
        "expires_in": AUDIO_TICKET_SECONDS,
        "url": f"{root}/job/{job_id}/audio?ticket={ticket}",
    }
    return answers.json(body)


async def by_audio_ticket(
    connection: HTTPConnection, job_id: str, services: Given, ticket: Ticket = None
) -> None:
    """Let the connection act as the ticket's holder. Raises `Unauthorized`."""
    if not ticket or services.keys.open:
        return
    found = services.tickets.read(ticket, job_id=job_id)
    if not services.keys.valid(found.holder.name):
        raise invalid_ticket()
    connection.state.caller = found.holder
