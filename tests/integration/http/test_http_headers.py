"""What browsers are told, and what is told of a bug."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest

from serve_app.operations import health
from tests.support.http.http_service import PLAIN, Site, site

DATA = "default-src 'none'; frame-ancestors 'none'"
PAGE = "https://app.example"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    settings = msgspec.structs.replace(PLAIN, cors_origins=(PAGE,))
    async with site(tmp_path, settings=settings) as opened:
        yield opened


async def test_every_answer_is_safe_to_look_at(here: Site) -> None:
    for path in ("/health/live", "/jobs", "/job/nowhere", "/nowhere", "/openapi.json"):
        headers = (await here.http.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "no-referrer", path
        assert headers["Content-Security-Policy"] == DATA, path
        assert headers["Cache-Control"] == "no-store", path


async def test_only_over_https_is_a_browser_told_to_stay_with_it(here: Site) -> None:
    plain = await here.http.get("/health/live")
    assert "Strict-Transport-Security" not in plain.headers
    behind_tls = await here.http.get("/health/live", headers={"X-Forwarded-Proto": "https"})
    assert "max-age" in behind_tls.headers["Strict-Transport-Security"]


async def test_the_docs_may_run_their_own_script_and_no_other(here: Site) -> None:
    answer = await here.http.get("/docs")
    policy = answer.headers["Content-Security-Policy"]
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in scripts


async def test_nothing_of_the_docs_comes_from_elsewhere(here: Site) -> None:
    page = (await here.http.get("/docs")).text
    sources = re.findall(r'(?:src|href)="([^"]+\.(?:js|css))"', page)
    assert len(sources) == 2
    for source in sources:
        assert source.startswith("/docs/")
        assert (await here.http.get(source)).status_code == 200


async def test_a_page_of_an_allowed_origin_may_ask_and_read(here: Site) -> None:
    asking = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,tus-resumable,idempotency-key",
    }
    allowed = await here.http.options("/transcribe-job", headers=asking)
    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == PAGE
    assert "PATCH" in allowed.headers["Access-Control-Allow-Methods"]
    read = await here.http.get("/jobs", headers={"Origin": PAGE})
    assert read.headers["Access-Control-Allow-Origin"] == PAGE
    exposed = read.headers["Access-Control-Expose-Headers"]
    assert {"X-Request-ID", "Location", "Retry-After", "Upload-Offset"} <= set(exposed.split(", "))
    assert "Access-Control-Allow-Credentials" not in read.headers


async def test_a_page_of_another_origin_may_not(here: Site) -> None:
    asking = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    refused = await here.http.options("/transcribe-job", headers=asking)
    assert refused.status_code == 400
    read = await here.http.get("/jobs", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in read.headers


async def test_without_a_setting_no_other_origin_is_let_in(tmp_path: Path) -> None:
    async with site(tmp_path) as plain:
        answer = await plain.http.get("/jobs", headers={"Origin": PAGE})
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_bug_is_answered_like_any_error_and_the_service_goes_on(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("of nobody's business")

    monkeypatch.setattr(health, "state", broken)
    answer: httpx.Response = await here.http.get(
        "/health", headers={"Origin": PAGE, "X-Request-ID": "mine.2"}
    )
    assert answer.status_code == 500
    error = answer.json()["error"]
    assert (error["code"], error["request_id"]) == ("internal", "mine.2")
    assert "nobody" not in answer.text
    assert answer.headers["X-Request-ID"] == "mine.2"
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    monkeypatch.undo()
    assert (await here.http.get("/health")).status_code == 200
