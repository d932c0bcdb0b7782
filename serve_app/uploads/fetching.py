"""Recordings that are fetched from where a caller says they are.

The job is answered for at once, as `pending`; the fetch goes on beside it, at most so many at a
time. Where the service stops in the middle, the next start fetches again: what is to be fetched is
written down like an upload in several goes. Which addresses are reached at all is for `retender`'s
rules about them to say, when the request is made and again at every connection.
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
    TooLarge,
    Unreachable,
    UnsupportedMedia,
    UploadLocked,
    UrlNotAllowed,
)
from retender.jobs.states import Status
from retender.jobs.submission import Receipt
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
    PROGRESS_SECONDS,
    REDIRECTS,
)
from serve_app.services import Services
from serve_app.uploads.arrivals import arrive, expect, give_up, job_of, tell_progress
from serve_app.uploads.options import Wanted
from serve_app.uploads.submitting import submission
from serve_app.uploads.taking import FirstLook

_TIMEOUT: Final = httpx.Timeout(FETCH_IDLE_SECONDS, connect=FETCH_CONNECT_SECONDS)
_TYPES: Final = (
    *("audio/", "video/", "application/ogg", "application/mp4"),
    *("application/octet-stream", "binary/"),
)
_WORTH_ANOTHER_TRY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class _Unwanted(Exception):
    """Its job has ended meanwhile."""


class _Later(Exception):
    """It did not work this time."""


def start(services: Services, job_id: str) -> None:
    """Fetch the recording of a pending job."""
    services.fetches.start(job_id, lambda: _fetch(services, job_id))


async def submit_url(
    services: Services, caller: Caller, wanted: Wanted, key: str | None
) -> Receipt:
    """A job whose recording is fetched from `wanted.url`."""
    if wanted.url is None:
        raise BadRequest("there is no recording in this request: send it in the field `file`")
    if not services.settings.url_input:
        raise UrlNotAllowed("this service fetches no recordings: send it in the field `file`")
    check_url(wanted.url, services.reach.rules)
    new = submission(services, caller, wanted, None, key)
    receipt = await expect(services, new, owner=caller.owner, url=wanted.url)
    if not receipt.existing:
        start(services, new.job_id)
    return receipt


async def _fetch(services: Services, job_id: str) -> None:
    try:
        async with services.partials.open(job_id) as writing:
            if writing.audio is None:
                await _bring(services, writing)
            await arrive(services, writing)
    except _Unwanted:
        await services.partials.drop(job_id)
    except (Unreachable, StorageUnreachable, UploadLocked, JobNotFound) as error:
        _left(job_id, error)
    except RetenderError as error:
        await _failed(services, job_id, error)
    except OSError as error:
        _left(job_id, error)


async def _bring(services: Services, writing: PartialUploadWriter) -> None:
    """Raises what the job fails of."""
    url = check_url(writing.origin.url, services.reach.rules)
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            await _try(services, writing, url)
    except TimeoutError as error:
        raise FetchFailed(f"the recording did not come within {FETCH_SECONDS:g} s") from error


async def _try(services: Services, writing: PartialUploadWriter, url: httpx.URL) -> None:
    for tries in range(FETCH_TRIES):
        await writing.restart()
        try:
            async with (
                client(services.reach.open(), _TIMEOUT) as http,
                _answer(http, url, services.reach.rules) as response,
            ):
                await _take(services, writing, response)
        except (_Later, httpx.RequestError) as error:
            if tries == FETCH_TRIES - 1:
                why = str(error) or type(error).__name__
                raise FetchFailed(f"the recording could not be fetched: {why}") from error
            await asyncio.sleep(FETCH_PAUSE * 2**tries)
        else:
            return


@asynccontextmanager
async def _answer(
    http: httpx.AsyncClient, url: httpx.URL, rules: AddressRules
) -> AsyncIterator[httpx.Response]:
    """From where the redirects lead to."""
    for _ in range(REDIRECTS + 1):
        async with http.stream("GET", url) as response:
            if not response.has_redirect_location:
                yield response
                return
            url = _next(url, response.headers["location"])
        check_parsed_url(url, rules)
    raise FetchFailed(f"the recording is more than {REDIRECTS} redirects away")


async def _take(services: Services, writing: PartialUploadWriter, response: httpx.Response) -> None:
    """The body of the answer, as far as it is a recording and not too large."""
    size = _expected(response, services.settings.most_bytes)
    look = FirstLook()
    told = services.clock.monotonic()
    job_id = writing.origin.job_id
    async for data in response.aiter_raw():
        look.at(data)
        if writing.offset + len(data) > services.settings.most_bytes:
            raise _too_large(services.settings.most_bytes)
        await writing.write(data)
        if services.clock.monotonic() - told >= PROGRESS_SECONDS:
            told = services.clock.monotonic()
            tell_progress(services, job_id, writing.offset, size)
            await _still_wanted(services, job_id)
    if writing.offset == 0:
        raise EmptyUpload("there is nothing at this address")
    await _still_wanted(services, job_id)


def _expected(response: httpx.Response, most: int) -> int | None:
    """How long it will be, where that is said. Raises where it need not be read at all."""
    status = response.status_code
    if status in _WORTH_ANOTHER_TRY:
        raise _Later(f"its host answers with {status}")
    if status != httpx.codes.OK:
        raise FetchFailed(f"the host of the recording answers with {status}")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise FetchFailed("the host sends the recording compressed, unasked")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and not kind.startswith(_TYPES):
        raise UnsupportedMedia(f"the address leads to {kind}, not to a recording")
    declared = response.headers.get("content-length", "")
    if not declared.isdecimal():
        return None
    if int(declared) > most:
        raise _too_large(most)
    return int(declared)


async def _still_wanted(services: Services, job_id: str) -> None:
    job = await job_of(services, job_id)
    if job is None or job.status is not Status.PENDING:
        raise _Unwanted


async def _failed(services: Services, job_id: str, error: RetenderError) -> None:
    logger.bind(job=job_id, code=error.code).info("a recording could not be fetched")
    try:
        await give_up(services, job_id, error)
    except RetenderError as unheard:
        _left(job_id, unheard)


def _left(job_id: str, error: Exception) -> None:
    logger.bind(job=job_id).debug("a fetch is left for the next round: {}", error)


def _next(url: httpx.URL, location: str) -> httpx.URL:
    try:
        return url.join(location)
    except httpx.InvalidURL as error:
        raise FetchFailed("the recording's host redirects to what is no URL") from error


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"the recording exceeds {most} bytes", limit=most)
