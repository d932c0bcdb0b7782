"""From a recording on disk to a job: told to the manager until it is known to have heard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeVar

import msgspec
from fastapi import Depends, Request

from actors.manager.job_manager import JobManager
from retender.errors import Draining, InvalidOption, Unreachable
from retender.jobs.submission import Receipt, Submission
from retender.storage.audio import Audio
from serve_app.access.callers import Caller
from serve_app.limits import IDEMPOTENCY_KEY_CHARS, SUBMIT_TRIES
from serve_app.services import Services
from serve_app.uploads.options import Wanted

T = TypeVar("T")

_KEY_HEADER: Final = "Idempotency-Key"
_FIRST_PAUSE: Final = 0.2


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get(_KEY_HEADER, "").strip()
    if not key:
        return None
    if len(key) > IDEMPOTENCY_KEY_CHARS or not (key.isascii() and key.isprintable()):
        accepted = f"up to {IDEMPOTENCY_KEY_CHARS} printable ASCII characters"
        raise InvalidOption(
            f"{_KEY_HEADER} must be {accepted}", field=_KEY_HEADER, accepted=accepted
        )
    return key


IdempotencyKey = Annotated[str | None, Depends(_idempotency_key)]
"""Under which a repeated submission is the same job; None where the caller gave none."""


async def admit(services: Services, key: str | None = None) -> None:
    """Before a recording is read: whether there is room for its job at all. Who has a key may be
    asking for a job that is there already, and is heard out."""
    if services.closing.begun:
        raise Draining("the service is stopping; try again shortly", retry_after=10.0)
    if key is None:
        await services.manager.ask(JobManager.admitting)


def submission(
    services: Services, caller: Caller, wanted: Wanted, audio: Audio | None, key: str | None
) -> Submission:
    return Submission(
        job_id=services.new_id(),
        owner=caller.owner or "",
        audio=audio,
        url=wanted.url or "",
        options=wanted.options,
        priority=wanted.priority,
        user_id=wanted.user_id,
        callback_url=wanted.callback_url,
        idempotency_key=key,
    )


async def submit(services: Services, asked: Submission) -> Receipt:
    """The job is on disk. An answer that got lost is asked for again: with the same id it is the
    same job."""
    try:
        receipt = await heard(lambda: services.manager.ask(JobManager.submit, asked))
    except Unreachable as error:
        # It may be there all the same: whoever asks by its id will know.
        raise type(error)(error.message, **{**error.details, "job_id": asked.job_id}) from error
    return msgspec.structs.replace(receipt, existing=receipt.job.id != asked.job_id)


async def heard(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer to what may be asked again without harm, though the one asked may just be
    starting anew."""
    for tries in range(SUBMIT_TRIES - 1):
        try:
            return await ask()
        except Unreachable:
            await asyncio.sleep(_FIRST_PAUSE * 2**tries)
    return await ask()
