"""The content and signature of a webhook, and what the receiver's response means.

Webhooks are signed according to Standard Webhooks (standardwebhooks.com): with any of its libraries
the receiver checks that the message is from this service and recent. The id is the same when a
message is sent again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

import msgspec

from retender.jobs.bodies import job_body
from retender.jobs.deliveries import Delivery, DeliveryOutcome
from retender.jobs.job import Job
from retender.jobs.states import Status
from retender.jobs.submission import JobStatus
from retender.outbound import retry_after as wait_of
from retender.outbound.addresses import PUBLIC_ONLY, AddressRules, check_url
from retender.outbound.limits import DELIVERY_ERROR_CHARS, DELIVERY_RESULT_BYTES
from retender.transcript.formats import result
from retender.transcript.segments import Transcript

PRIVATE_ALLOWED: Final = AddressRules(schemes=("https", "http"), ports=(), private=True)

_PREFIX: Final = "whsec_"
_LEAST_KEY, _MOST_KEY = 24, 64

_LEAST_SEGMENT_BYTES: Final = 64


class BadSecret(ValueError):
    """The message says what a secret must look like."""


def rules(*, private: bool) -> AddressRules:
    """Where webhooks may go. `private` is for services that trust all who submit jobs."""
    return PRIVATE_ALLOWED if private else PUBLIC_ONLY


def check_callback(url: str, *, private: bool) -> None:
    """Raises `UrlNotAllowed`."""
    check_url(url, rules(private=private))


def encode_secret(key: bytes) -> str:
    return _PREFIX + base64.b64encode(key).decode()


def decode_secret(text: str) -> bytes:
    """Raises `BadSecret`."""
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except ValueError:  # not Base64, or not even ASCII
        key = b""
    if not text.startswith(_PREFIX) or not _LEAST_KEY <= len(key) <= _MOST_KEY:
        raise BadSecret(
            f"a webhook secret is {_PREFIX} and the base64 of {_LEAST_KEY} to {_MOST_KEY} bytes"
        )
    return key


def headers(delivery: Delivery, body: bytes, secrets: Iterable[str], now: float) -> dict[str, str]:
    """One signature for each secret, so that a receiver may still have the old one."""
    message_id = f"{delivery.job_id}-{delivery.seq}"
    timestamp = str(int(now))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(decode_secret(each), signed) for each in secrets),
    }


def _signature(key: bytes, signed: bytes) -> str:
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def has_result(job: Job) -> bool:
    """Whether the job has a result that may be short enough to send."""
    fits = job.seam.next_id * _LEAST_SEGMENT_BYTES <= DELIVERY_RESULT_BYTES
    return job.status is Status.COMPLETED and fits


def payload(job: Job, transcript: Transcript | None, language: str, public_url: str) -> bytes:
    """The same body as `GET /job/{id}`. A result that is too long is replaced by its URL; without a
    `public_url` that is only the path."""
    body = job_body(JobStatus(job), None, language)
    encoded = None if transcript is None else msgspec.json.encode(result(transcript))
    fits = encoded is not None and len(encoded) <= DELIVERY_RESULT_BYTES
    body["result"] = msgspec.Raw(encoded) if encoded is not None and fits else None
    if job.status is Status.COMPLETED and not fits:
        body["result_url"] = f"{public_url.rstrip('/')}/job/{job.id}/result"
    return msgspec.json.encode(body)


def outcome_of_response(
    delivery: Delivery, status: int, retry_after: str | None, now: float
) -> DeliveryOutcome:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return DeliveryOutcome(
            job_id=delivery.job_id, seq=delivery.seq, attempt=delivery.attempts, how="delivered"
        )
    if status == HTTPStatus.GONE:
        return DeliveryOutcome(
            job_id=delivery.job_id,
            seq=delivery.seq,
            attempt=delivery.attempts,
            how="never",
            error="the receiver answered 410: it wants no more",
        )
    return outcome_of_failure(
        delivery, f"the receiver answered {status}", wait_of.seconds(retry_after, now)
    )


def outcome_of_failure(
    delivery: Delivery, error: str, retry_after: float | None = None
) -> DeliveryOutcome:
    return DeliveryOutcome(
        job_id=delivery.job_id,
        seq=delivery.seq,
        attempt=delivery.attempts,
        how="again",
        error=error[:DELIVERY_ERROR_CHARS],
        retry_after=retry_after,
    )
