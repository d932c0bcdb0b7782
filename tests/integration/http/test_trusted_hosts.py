"""A web page of others gets nothing from a service without keys, whatever its name points to."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.support.http.http_service import PLAIN, Site, says, site

EVIL = {"Host": "evil.example"}


async def code(here: Site, method: str, path: str, **headers: str) -> tuple[int, str | None]:
    answer = await here.http.request(method, path, headers=headers)
    return answer.status_code, answer.json().get("error", {}).get("code")


async def test_a_name_that_was_pointed_here_reads_nothing(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        assert await code(here, "GET", "/jobs", **EVIL) == (403, "forbidden")
        assert await code(here, "GET", "/v1/models", **EVIL) == (403, "forbidden")
        assert await code(here, "GET", "/health", **EVIL) == (200, None)
        assert await code(here, "GET", "/jobs") == (200, None)
        refused = (await here.http.get("/jobs", headers=EVIL)).json()["error"]["message"]
    assert "RETENDER_TRUSTED_HOSTS" in refused


async def test_a_page_of_others_changes_nothing(tmp_path: Path) -> None:
    """Browsers send a form to any address without asking."""
    async with site(tmp_path) as here:
        files = {"file": ("talk.wav", says("good", "morning").recorded(), "audio/wav")}
        answer = await here.http.post(
            "/transcribe-job", files=files, headers={"Origin": "https://evil.example"}
        )
        assert answer.status_code == 403
        assert (await here.http.get("/jobs")).json()["jobs"] == []
        own = await here.http.post(
            "/transcribe-job", files=files, headers={"Origin": str(here.http.base_url).rstrip("/")}
        )
        assert own.status_code == 202


@pytest.mark.parametrize("names", [("stt.example.org",), ("*",)])
async def test_a_name_that_the_owner_trusts_is_served(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    settings = msgspec.structs.replace(PLAIN, trusted_hosts=names)
    async with site(tmp_path, settings=settings) as here:
        assert await code(here, "GET", "/jobs", Host="stt.example.org") == (200, None)
