"""What it means for an order when Groq does not answer as hoped."""

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

UNSAID_WAIT: Final = 20.0
"""How long Groq is left alone when it refuses for its limits and does not say until when."""

_SAID_CHARS: Final = 300
"""More of what Groq says is no sentence for a person."""

_TOO_MANY: Final = 429
_AWAY: Final = 503
_THEIR_FAULT: Final = 500
_WORTH_ANOTHER_TRY: Final = (
    408,
    409,
    498,  # Groq's own: no capacity left in this tier just now
)

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_MISCONFIGURED = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)


class GroqFailed(Exception):
    """Passed between the parts of this engine; it ends as the order's `Broke`."""

    def __init__(
        self, failure: Failure, charge: Charge = Charge.FULL, closed_for: float | None = None
    ) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.charge = charge
        self.closed_for = closed_for
        """Groq takes nothing for so many seconds; then the same request may do."""


def from_status(error: groq.APIStatusError) -> GroqFailed:
    status, said = error.status_code, _said(error.body)
    after = _retry_after(error.response.headers)
    if status == _TOO_MANY:
        wait = UNSAID_WAIT if after is None else after
        busy = EngineUnavailable(f"Groq's limits are used up: {said}", retry_after=wait)
        return GroqFailed(busy.failure(), Charge.REQUEST, closed_for=wait)
    if status == _AWAY:
        down = EngineUnavailable(f"Groq is not available: {said}", retry_after=after)
        return GroqFailed(down.failure())
    if status in _WORTH_ANOTHER_TRY or status >= _THEIR_FAULT:
        broken = EngineFailed(f"Groq failed with status {status}: {said}", retry_after=after)
        return GroqFailed(broken.failure())
    return GroqFailed(_for_good(status, said, error), Charge.REQUEST)


def _for_good(status: int, said: str, error: groq.APIStatusError) -> Failure:
    """The same request would come to the same."""
    match status:
        case 401:
            failure = _unavailable("Groq does not accept the API key: check GROQ_API_KEY")
        case 403:
            failure = _unavailable(f"Groq denies access with this API key: {said}")
        case 404 if "model" in said:
            failure = ModelUnavailable(f"Groq does not have the model: {said}").failure()
        case 413:
            sentence = f"Groq does not take so large a file: {said}"
            failure = Failure(TooLarge.code, sentence, spoils_job=True)
        case 400 | 422 if "media file" in said:
            failure = CorruptMedia(f"Groq cannot read the recording: {said}").failure()
        case 400 | 422:
            failure = Failure(EngineFailed.code, f"Groq refuses the request: {said}")
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
    """Not worth another try: someone has to put it right first."""
    return Failure(EngineUnavailable.code, sentence, spoils_job=True)


def _said(body: Any) -> str:
    """Groq's own sentence, where there is one."""
    match body:
        case {"error": {"message": str(said)}} | {"error": str(said)} | str(said):
            return " ".join(said.split())[:_SAID_CHARS] or "no reason given"
        case _:
            return "no reason given"


def _retry_after(headers: httpx.Headers) -> float | None:
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
