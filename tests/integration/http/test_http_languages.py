"""Refusals over HTTP in the language of their reader."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.http.http_service import Site, site

SPANISH = {"Accept-Language": "es-ES,es;q=0.9,en;q=0.5"}


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", "/job/nowhere", "no existe"),
        ("GET", "/nowhere", "Aquí no hay nada"),
        ("PUT", "/job/nowhere", "no admite ese método"),
        ("GET", "/jobs?sort=best", "El valor de «sort» no es válido"),
        ("POST", "/transcribe-job", "La petición no es correcta"),
        ("POST", "/v1/audio/transcriptions", "La petición no es correcta"),
    ],
)
async def test_a_refusal_is_told_in_spanish_to_those_who_read_it(
    here: Site, method: str, path: str, said: str
) -> None:
    answer = await here.http.request(method, path, headers=SPANISH)
    assert said in answer.json()["error"]["message"]
    assert answer.headers["content-language"] == "es"


async def test_others_are_told_in_english_with_the_same_code(here: Site) -> None:
    for headers in ({}, {"Accept-Language": "en"}, {"Accept-Language": "de"}):
        answer = await here.http.get("/job/nowhere", headers=headers)
        error = answer.json()["error"]
        assert (error["code"], error["message"]) == ("job_not_found", "there is no job nowhere")
        assert answer.headers["content-language"] == "en"
