"""What each answer of the Convex endpoint means for an update."""

from __future__ import annotations

import msgspec
import pytest

from retender.outbound.convex_answers import read_answer, read_readiness


def answer(status: int, body: object = None, wait: str | None = None) -> tuple[str, str]:
    found = read_answer(status, msgspec.json.encode(body), wait, 0.0)
    return found.kind, found.reason


def error(code: str, message: str, field: str | None = None) -> object:
    return {"error": {"code": code, "message": message, "details": {"field": field}}}


def test_what_is_stored_is_stored_whether_or_not_it_changed_anything() -> None:
    assert answer(200, {"applied": True}) == ("stored", "")
    for reason in ("stale", "repeated", "finished", "unknown_job"):
        assert answer(200, {"applied": False, "reason": reason}) == ("stored", reason)


@pytest.mark.parametrize("body", [None, "hello", {}, {"ok": True}, [1]])
def test_a_wrong_address_that_answers_200_loses_no_update(body: object) -> None:
    kind, reason = answer(200, body)
    assert kind == "refused"
    assert "CONVEX_URL" in reason


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_by_itself_is_tried_again(status: int) -> None:
    assert answer(status)[0] == "again"


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 409, 413, 415])
def test_what_does_not_pass_by_itself_is_refused(status: int) -> None:
    kind, reason = answer(status)
    assert kind == "refused"
    assert str(status) in reason


def test_a_refusal_says_what_is_wrong_and_with_which_field() -> None:
    body = error("invalid_payload", "must be a number from 0 to 100", "progress")
    _, reason = answer(400, body)
    assert reason == (
        "Convex answered 400 invalid_payload: must be a number from 0 to 100 (progress)"
    )


def test_a_wrong_key_or_address_says_which_setting_to_look_at() -> None:
    assert "CONVEX_API_KEY" in answer(401, error("unauthorized", "not the key"))[1]
    assert ".convex.site" in answer(404)[1]


def test_the_pause_that_convex_asks_for_is_kept() -> None:
    assert read_answer(429, b"", "7", 0.0).retry_after == 7.0
    dated = read_answer(503, b"", "Thu, 01 Jan 1970 00:00:30 GMT", 10.0)
    assert dated.retry_after == 20.0
    assert read_answer(429, b"", "soon", 0.0).retry_after is None


def test_a_look_tells_which_key_was_taken() -> None:
    ready = read_readiness(200, b'{"ready": true, "key": "previous"}', 0.0)
    assert (ready.kind, ready.reason) == ("stored", "previous")
    assert read_readiness(200, b"<html>", 0.0).kind == "refused"
    assert read_readiness(401, b"", 0.0).kind == "refused"
    assert read_readiness(503, b"", 0.0).kind == "again"
