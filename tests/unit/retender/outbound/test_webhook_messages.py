"""What a webhook says, how a receiver checks it, and what its answer means."""

from __future__ import annotations

import time
from email.utils import formatdate

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from retender.errors import UrlNotAllowed
from retender.jobs.deliveries import WEBHOOKS, Delivery
from retender.jobs.job import Job
from retender.jobs.messages import Note
from retender.jobs.states import Stage, Status
from retender.outbound.limits import DELIVERY_RESULT_BYTES
from retender.outbound.webhook_messages import (
    BadSecret,
    check_callback,
    decode_secret,
    encode_secret,
    has_result,
    headers,
    outcome_of_response,
    payload,
)
from retender.transcript.chunks import Seam
from retender.transcript.segments import Segment, Transcript

OLD, NEW = encode_secret(b"o" * 32), encode_secret(b"n" * 32)
JOB = Job(
    id="4f1c",
    owner="ana",
    status=Status.COMPLETED,
    stage=Stage.FINALIZING,
    created_at=1.0,
    completed_at=2.0,
    seq=7,
    note=Note("completed"),
    seam=Seam(next_id=1),
    callback_url="https://hooks.example/secret-path",
    user_id="u",
)
DELIVERY = Delivery(
    consumer=WEBHOOKS, job_id="4f1c", seq=7, receiver="hooks.example", at=2.0, due=2.0, attempts=1
)


def transcript(*texts: str) -> Transcript:
    segments = tuple(Segment(n, float(n), n + 1.0, text) for n, text in enumerate(texts))
    return Transcript(
        segments=segments,
        language="es",
        language_probability=0.9,
        duration=1.0,
        processing_time=1.0,
        model="m",
        engine="local",
    )


def test_a_receiver_verifies_it_with_the_standard_library() -> None:
    body = payload(JOB, transcript("hola, ¿qué tal?"), "es", "")
    sent = headers(DELIVERY, body, [NEW], time.time())
    said = Webhook(NEW).verify(body, sent)
    assert (said["job_id"], said["result"]["text"]) == ("4f1c", "hola, ¿qué tal?")
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(body, sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(body.replace(b"hola", b"adios"), sent)


def test_while_secrets_change_receivers_may_have_either() -> None:
    sent = headers(DELIVERY, b"{}", [NEW, OLD], time.time())
    for each in (NEW, OLD):
        Webhook(each).verify(b"{}", sent)


def test_the_same_message_has_the_same_id_whenever_it_comes() -> None:
    again = msgspec.structs.replace(DELIVERY, attempts=5)
    first, second = (headers(each, b"{}", [NEW], at) for each, at in ((DELIVERY, 1), (again, 9)))
    assert first["webhook-id"] == second["webhook-id"] == "4f1c-7"
    assert first["webhook-signature"] != second["webhook-signature"]


def test_the_address_it_goes_to_is_not_told() -> None:
    assert b"secret-path" not in payload(JOB, transcript("hola"), "es", "")


def test_a_result_that_is_too_long_is_left_out_with_where_it_is() -> None:
    long = transcript("x" * DELIVERY_RESULT_BYTES)
    said = msgspec.json.decode(payload(JOB, long, "es", "https://stt.example/"))
    assert said["result"] is None
    assert said["result_url"] == "https://stt.example/job/4f1c/result"
    short = msgspec.json.decode(payload(JOB, transcript("x"), "es", ""))
    assert "result_url" not in short


def test_what_cannot_fit_is_not_even_looked_for() -> None:
    endless = msgspec.structs.replace(JOB, seam=Seam(next_id=DELIVERY_RESULT_BYTES))
    assert has_result(JOB)
    assert not has_result(endless)
    said = msgspec.json.decode(payload(endless, None, "es", ""))
    assert said["result_url"] == "/job/4f1c/result"


def test_a_failed_job_has_no_result_to_look_for() -> None:
    failed = msgspec.structs.replace(JOB, status=Status.FAILED)
    assert not has_result(failed)
    assert "result_url" not in msgspec.json.decode(payload(failed, None, "es", ""))


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_success_is_success(status: int) -> None:
    assert outcome_of_response(DELIVERY, status, None, 0.0).how == "delivered"


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_any_other_answer_means_another_try(status: int) -> None:
    told = outcome_of_response(DELIVERY, status, None, 0.0)
    assert (told.how, told.attempt) == ("again", 1)
    assert str(status) in told.error


def test_gone_means_never_again() -> None:
    assert outcome_of_response(DELIVERY, 410, None, 0.0).how == "never"


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        (formatdate(1090.0, usegmt=True), 90.0),
        (formatdate(10.0, usegmt=True), 0.0),
        ("9" * 400, 999_999_999.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(said: str | None, means: float | None) -> None:
    assert outcome_of_response(DELIVERY, 503, said, 1000.0).retry_after == means


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/a",
        "https://127.0.0.1/a",
        "https://[::1]/a",
        "https://169.254.169.254/latest/meta-data",
        "https://ana:secret@hooks.example/",
        "ftp://hooks.example/",
        "hooks.example/a",
        "https://",
        "https://hooks.example/\r\nX: y",
        "https://hooks.example:22/",
        "https://hooks.example/" + "a" * 3000,
        "",
    ],
)
def test_only_public_and_encrypted_addresses_are_called_back(url: str) -> None:
    with pytest.raises(UrlNotAllowed):
        check_callback(url, private=False)


def test_at_home_neighbours_may_be_called_back() -> None:
    check_callback("https://hooks.example/a?b=c", private=False)
    for url in ("http://127.0.0.1:9000/a", "http://receiver.lan/", "https://10.0.0.7/"):
        check_callback(url, private=True)
    for url in ("file:///etc/passwd", "http://ana:secret@receiver.lan/", "http://"):
        with pytest.raises(UrlNotAllowed):
            check_callback(url, private=True)


@pytest.mark.parametrize("bad", ["", "whsec_", "whsec_short", "whsec_" + "!" * 40, "o" * 44])
def test_a_bad_secret_is_refused_without_being_repeated(bad: str) -> None:
    with pytest.raises(BadSecret) as caught:
        decode_secret(bad)
    assert not bad.removeprefix("whsec_") or bad not in str(caught.value)


def test_a_secret_is_read_as_it_was_made() -> None:
    assert decode_secret(encode_secret(b"k" * 24)) == b"k" * 24
