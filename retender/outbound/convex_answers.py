"""What an answer of the Convex endpoint means: the update is stored, comes later, or is refused.

The codes are those of `convex/README.md`. A `200` counts only if it is an answer of the endpoint:
whatever else may run at a wrong address, no update is lost to it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final, Literal

import msgspec

from retender import foreign_json
from retender.outbound import retry_after
from retender.outbound.limits import DELIVERY_ERROR_CHARS

AGAIN: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
"""The statuses below 500 after which a request is worth repeating as it is."""


class ConvexAnswer(msgspec.Struct, frozen=True):
    kind: Literal["stored", "again", "refused"]
    reason: str = ""
    """If it is stored: why it changed nothing (`stale`, `repeated`, `finished`, `unknown_job`),
    empty if it did. Else a sentence for the operator."""
    retry_after: float | None = None
    """Seconds that Convex wants to be left alone."""


def no_answer(why: str) -> ConvexAnswer:
    """The network failed, or nothing came in time."""
    return ConvexAnswer("again", why[:DELIVERY_ERROR_CHARS])


def read_answer(status: int, body: bytes, wait: str | None, now: float) -> ConvexAnswer:
    """`wait` is the header `Retry-After`."""
    said = _object(body)
    if status == HTTPStatus.OK:
        if isinstance(said.get("applied"), bool):
            return ConvexAnswer("stored", "" if said["applied"] else _text(said.get("reason")))
        return ConvexAnswer("refused", _NO_ENDPOINT)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in AGAIN:
        pause = retry_after.seconds(wait, now)
        return ConvexAnswer("again", _sentence(status, said), pause)
    return ConvexAnswer("refused", _sentence(status, said))


_NO_ENDPOINT: Final = (
    "what answers at CONVEX_URL is not the endpoint of convex/http.ts; is it the right address?"
)

_ADVICE: Final = {
    401: "it refuses the key: CONVEX_API_KEY must be the RETENDER_API_KEY of the Convex deployment",
    404: "there is no endpoint: CONVEX_URL must end in .convex.site, and convex/ be deployed",
    503: "it is overloaded, or has no key set",
}
"""What to do, where the answer itself does not say it."""


def _sentence(status: int, said: dict[str, Any]) -> str:
    """Such as `400 invalid_payload: progress must be a number from 0 to 100`."""
    error = said.get("error")
    error = error if isinstance(error, dict) else {}
    details = error.get("details")
    field = _text(details.get("field")) if isinstance(details, dict) else ""
    message = _text(error.get("message"))
    if status == HTTPStatus.UNAUTHORIZED or not message:
        message = _ADVICE.get(status, message)
    if field and field not in message:
        message = f"{message} ({field})"
    head = f"Convex answered {status} {_text(error.get('code'))}".rstrip()
    return (f"{head}: {message}" if message else head)[:DELIVERY_ERROR_CHARS]


def _object(body: bytes) -> dict[str, Any]:
    try:
        said: Any = foreign_json.decode(body, object)
    except msgspec.MsgspecError:
        return {}
    return said if isinstance(said, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def read_readiness(status: int, body: bytes, now: float) -> ConvexAnswer:
    """What the answer to a `GET` means, which writes nothing. If it is stored, the reason is which
    of its keys it took: `current` or `previous`."""
    said = _object(body)
    if status == HTTPStatus.OK:
        if said.get("ready") is True:
            return ConvexAnswer("stored", _text(said.get("key")))
        return ConvexAnswer("refused", _NO_ENDPOINT)
    return read_answer(status, body, None, now)
