"""Fetches recordings from the addresses that callers give.

The caller is answered at once with a pending job, and the recording is fetched in the background;
only so many are fetched at a time. What is to be fetched is written down like a resumable upload:
if the service stops in the middle, the next start fetches again. The rules in `retender.outbound`
decide which addresses may be reached: when the job is submitted, and again at every connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx
from loguru import logger

from retender.errors import (
    BadRequest,
    EmptyUpload,
    FetchFailed,
    JobNotFound,
    RetenderError,
    StorageUnreachable,
    Unreachable,
    UnsupportedMedia,
    UploadLocked,
    UrlNotAllowed,
)
from retender.jobs.states import Status
from retender.jobs.submission import Receipt
from retender.jobs.trace import Trace
from retender.outbound.addresses import AddressRules, check_parsed_url, check_url
from retender.outbound.connections import client
from retender.storage.partial_uploads import PartialUploadWriter
from serve_app.access.callers import Caller
from serve_app.limits import (
    FETCH_CONNECT_SECONDS,
    FETCH_IDLE_SECONDS,
    FETCH_PAUSE,
    FETCH_SECONDS,
    FETCH_TRIES,
    REDIRECTS,
)
from serve_app.state.services import Services
from serve_app.uploads.arrivals import Arrival, complete, fail, find_job, submit_pending
from serve_app.uploads.options import Wanted
from serve_app.uploads.submitting import submission

_TIMEOUT: Final = httpx.Timeout(FETCH_IDLE_SECONDS, connect=FETCH_CONNECT_SECONDS)
_TYPES: Final = (
    *("audio/", "video/", "application/ogg", "application/mp4"),
    *("application/octet-stream", "binary/"),
)
_RETRIED_STATUSES: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class _NotWanted(Exception):
    """The job has ended while its recording was fetched."""


class _Retry(Exception):
    """This try has failed, and the next may succeed."""


def start(services: Services, job_id: str) -> None:
    """Fetch the recording of a pending job in the background."""
    services.fetches.start(job_id, lambda: _fetch(services, job_id))


async def submit_url(
    services: Services, caller: Caller, wanted: Wanted, key: str | None, trace: Trace
) -> Receipt:
    """Submit a job whose recording is fetched from `wanted.url`."""
    if wanted.url is None:
        raise BadRequest("there is no recording in this request: send it in the field `file`")
    if not services.settings.url_input:
        raise UrlNotAllowed("this service fetches no recordings: send it in the field `file`")
    check_url(wanted.url, services.reach.rules)
    new = submission(services, caller, wanted, None, key, trace=trace)
    receipt = await submit_pending(services, new, owner=caller.owner, url=wanted.url)
    if not receipt.existing:
        start(services, new.job_id)
    return receipt


async def _fetch(services: Services, job_id: str) -> None:
    try:
        async with services.partials.open(job_id) as writing:
            if writing.audio is None:
                await _download(services, writing)
            await complete(services, writing)
    except _NotWanted:
        await services.partials.drop(job_id)
    except (Unreachable, StorageUnreachable, UploadLocked, JobNotFound) as error:
        _leave(job_id, error)
    except RetenderError as error:
        await _fail(services, job_id, error)
    except OSError as error:
        _leave(job_id, error)


async def _download(services: Services, writing: PartialUploadWriter) -> None:
    """Raises the error with which the job fails."""
    url = check_url(writing.origin.url, services.reach.rules)
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            await _download_with_retries(services, writing, url)
    except TimeoutError as error:
        raise FetchFailed(f"the recording did not come within {FETCH_SECONDS:g} s") from error


async def _download_with_retries(
    services: Services, writing: PartialUploadWriter, url: httpx.URL
) -> None:
    for tries in range(FETCH_TRIES):
        await writing.restart()
        try:
            async with (
                client(services.reach.open(), _TIMEOUT) as http,
                _response(http, url, services.reach.rules) as response,
            ):
                await _read(services, writing, response)
        except (_Retry, httpx.RequestError) as error:
            if tries == FETCH_TRIES - 1:
                why = str(error) or type(error).__name__
                raise FetchFailed(f"the recording could not be fetched: {why}") from error
            await asyncio.sleep(FETCH_PAUSE * 2**tries)
        else:
            return


@asynccontextmanager
async def _response(
    http: httpx.AsyncClient, url: httpx.URL, rules: AddressRules
) -> AsyncIterator[httpx.Response]:
    """Of the address to which the redirects lead."""
    for _ in range(REDIRECTS + 1):
        async with http.stream("GET", url) as response:
            if not response.has_redirect_location:
                yield response
                return
            url = _next(url, response.headers["location"])
        check_parsed_url(url, rules)
    raise FetchFailed(f"the recording is more than {REDIRECTS} redirects away")


async def _read(services: Services, writing: PartialUploadWriter, response: httpx.Response) -> None:
    """Write the body of the response down, if it is a recording and not too large."""
    _check_response(response)
    declared = response.headers.get("content-length", "")
    size = int(declared) if declared.isdecimal() else None
    arrival = Arrival(services, writing, services.settings.most_bytes, size)
    arrival.check_declared(size or 0)
    job_id = writing.origin.job_id
    async for data in response.aiter_raw():
        if await arrival.write(data):
            await _check_wanted(services, job_id)
    if writing.offset == 0:
        raise EmptyUpload("there is nothing at this address")
    await _check_wanted(services, job_id)


def _check_response(response: httpx.Response) -> None:
    """Raises if the body of this response need not be read at all."""
    status = response.status_code
    if status in _RETRIED_STATUSES:
        raise _Retry(f"its host answers with {status}")
    if status != httpx.codes.OK:
        raise FetchFailed(f"the host of the recording answers with {status}")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise FetchFailed("the host sends the recording compressed, unasked")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and not kind.startswith(_TYPES):
        raise UnsupportedMedia(f"the address leads to {kind}, not to a recording")


async def _check_wanted(services: Services, job_id: str) -> None:
    job = await find_job(services, job_id)
    if job is None or job.status is not Status.PENDING:
        raise _NotWanted


async def _fail(services: Services, job_id: str, error: RetenderError) -> None:
    logger.bind(job=job_id, code=error.code).info("a recording could not be fetched")
    try:
        await fail(services, job_id, error)
    except RetenderError as unanswered:
        _leave(job_id, unanswered)


def _leave(job_id: str, error: Exception) -> None:
    logger.bind(job=job_id).debug("a fetch is left for the next cleanup: {}", error)


def _next(url: httpx.URL, location: str) -> httpx.URL:
    try:
        return url.join(location)
    except httpx.InvalidURL as error:
        raise FetchFailed("the recording's host redirects to an invalid URL") from error
