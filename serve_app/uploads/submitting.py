"""Submits a recording that is on disk as a job, and repeats this until the manager has answered."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from fastapi import Depends, Request

from actors.manager.job_manager import JobManager
from retender.errors import Draining, InvalidOption, Unreachable
from retender.jobs.job import Options
from retender.jobs.names import name_from_file, name_from_url
from retender.jobs.submission import Receipt, Submission
from retender.jobs.trace import Trace, checked_parent
from retender.storage.audio import Audio
from serve_app.access.callers import Caller
from serve_app.limits import IDEMPOTENCY_KEY_CHARS
from serve_app.state.asking import SUBMITTING, ask_again
from serve_app.state.services import Given, Services
from serve_app.uploads.options import Wanted

_KEY_HEADER: Final = "Idempotency-Key"
_TRACE_HEADER: Final = "traceparent"


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
"""A repeated submission with the same key is the same job. None: the caller sent no key."""


def _trace(request: Request, services: Given) -> Trace:
    parent = checked_parent(request.headers.get(_TRACE_HEADER, ""))
    return Trace(parent=parent, began=services.clock.now())


Traced = Annotated[Trace, Depends(_trace)]
"""The trace of the caller, and when the request began."""


async def admit(services: Services, key: str | None = None) -> None:
    """Before a recording is read: raises what a new job would be refused with now. A request with
    a key is always read, for its job may exist already."""
    if services.closing.begun:
        raise Draining("the service is stopping; try again shortly", retry_after=10.0)
    if key is None:
        await services.manager.ask(JobManager.admitting)


def submission(
    services: Services,
    caller: Caller,
    wanted: Wanted,
    audio: Audio | None,
    key: str | None,
    *,
    trace: Trace,
    filename: str = "",
) -> Submission:
    highest = caller.priority_max
    return Submission(
        job_id=services.new_id(),
        owner=caller.owner or "",
        audio=audio,
        url=wanted.url or "",
        options=with_vocabulary(wanted.options, caller.hotwords),
        name=wanted.name or name_from_file(filename) or name_from_url(wanted.url or ""),
        priority=min(0, highest) if wanted.priority is None else wanted.priority,
        user_id=wanted.user_id,
        callback_url=wanted.callback_url,
        idempotency_key=key,
        trace=trace,
    )


def with_vocabulary(options: Options, own: str) -> Options:
    """The job's own hot words come first: a model reads only so many."""
    if not own or f", {options.hotwords}".endswith(f", {own}"):
        return options
    hotwords = f"{options.hotwords}, {own}" if options.hotwords.strip() else own
    return msgspec.structs.replace(options, hotwords=hotwords)


async def submit(services: Services, new: Submission) -> Receipt:
    """On return the job is on disk. With the same id a repeated submission is the same job."""
    try:
        receipt = await ask_again(lambda: services.manager.ask(JobManager.submit, new), SUBMITTING)
    except Unreachable as error:
        # The job may exist all the same: its id lets the client find out.
        raise type(error)(error.message, **{**error.details, "job_id": new.job_id}) from error
    return msgspec.structs.replace(receipt, existing=receipt.job.id != new.job_id)
