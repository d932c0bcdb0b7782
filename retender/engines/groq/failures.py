"""Translates errors of Groq into failures of orders."""

from __future__ import annotations

import math
from typing import Any, Final

import groq
import httpx

from retender.engines.usage_ledger import Charge
from retender.errors import (
    CorruptMedia,
    EngineFailed,
    EngineUnavailable,
    Failure,
    ModelUnavailable,
    TooLarge,
)

DEFAULT_WAIT: Final = 20.0
"""Seconds without requests after Groq refuses one for its limits, if it does not say for how
long."""

_MESSAGE_CHARS: Final = 300
"""Longer messages of Groq are cut."""

_TOO_MANY: Final = 429
_UNAVAILABLE: Final = 503
_SERVER_ERROR: Final = 500
_RETRYABLE: Final = (
    408,
    409,
    498,  # Groq's own status: no capacity in this tier at the moment
)

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_MISCONFIGURED = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)


class GroqFailed(Exception):
    """An error inside this engine. The order gets a `Failed` with `failure`."""

    def __init__(
        self, failure: Failure, charge: Charge = Charge.FULL, closed_for: float | None = None
    ) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.charge = charge
        self.closed_for = closed_for
        """Seconds for which Groq accepts no more requests; after that the same request may
        succeed."""


def from_status(error: groq.APIStatusError) -> GroqFailed:
    status, message = error.status_code, _message(error.body)
    after = _retry_after(error.response.headers)
    if status == _TOO_MANY:
        wait = DEFAULT_WAIT if after is None else after
        busy = EngineUnavailable(f"Groq's limits are used up: {message}", retry_after=wait)
        return GroqFailed(busy.failure(), Charge.REQUEST, closed_for=wait)
    if status == _UNAVAILABLE:
        down = EngineUnavailable(f"Groq is not available: {message}", retry_after=after)
        return GroqFailed(down.failure())
    if status in _RETRYABLE or status >= _SERVER_ERROR:
        broken = EngineFailed(f"Groq failed with status {status}: {message}", retry_after=after)
        return GroqFailed(broken.failure())
    return GroqFailed(_permanent(status, message, error), Charge.REQUEST)


def _permanent(status: int, message: str, error: groq.APIStatusError) -> Failure:
    """The same request would fail again."""
    match status:
        case 401:
            failure = _unavailable("Groq does not accept the API key: check GROQ_API_KEY")
        case 403:
            failure = _unavailable(f"Groq denies access with this API key: {message}")
        case 404 if "model" in message:
            failure = ModelUnavailable(f"Groq does not have the model: {message}").failure()
        case 413:
            sentence = f"Groq does not take so large a file: {message}"
            failure = Failure(TooLarge.code, sentence, spoils_job=True)
        case 400 | 422 if "media file" in message:
            failure = CorruptMedia(f"Groq cannot read the recording: {message}").failure()
        case 400 | 422:
            failure = Failure(EngineFailed.code, f"Groq refuses the request: {message}")
        case _:
            address = error.request.url.copy_with(query=None)
            failure = _unavailable(f"{address} answers with status {status}: check GROQ_BASE_URL")
    return failure


def from_connection(error: groq.APIConnectionError | httpx.HTTPError) -> GroqFailed:
    cause = error.__cause__ if isinstance(error, groq.APIConnectionError) else error
    if isinstance(cause, _MISCONFIGURED):
        sentence = f"Groq cannot be asked: {cause}: check GROQ_BASE_URL and GROQ_API_KEY"
        return GroqFailed(_unavailable(sentence), Charge.NOTHING)
    if isinstance(cause, _NEVER_SENT):
        why = str(cause) or "no answer to the connection"
        unreachable = EngineUnavailable(f"Groq cannot be reached: {why}")
        return GroqFailed(unreachable.failure(), Charge.NOTHING)
    if isinstance(cause, httpx.TimeoutException):
        return GroqFailed(EngineFailed("Groq did not answer in time").failure())
    if isinstance(cause, OSError):
        return GroqFailed(EngineFailed(f"the audio could not be sent: {cause}").failure())
    why = str(cause) or type(cause).__name__
    return GroqFailed(EngineFailed(f"the connection to Groq broke off: {why}").failure())


def _unavailable(sentence: str) -> Failure:
    """Not retryable: someone must change the configuration first."""
    return Failure(EngineUnavailable.code, sentence, spoils_job=True)


def _message(body: Any) -> str:
    """Groq's own message, if there is one."""
    match body:
        case {"error": {"message": str(message)}} | {"error": str(message)} | str(message):
            return " ".join(message.split())[:_MESSAGE_CHARS] or "no reason given"
        case _:
            return "no reason given"


def _retry_after(headers: httpx.Headers) -> float | None:
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
