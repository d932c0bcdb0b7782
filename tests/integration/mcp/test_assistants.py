"""Assistants use the service: the SDK's own client over both transports, against a real service."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from deployments.mcp.app import factory
from deployments.mcp.tools import LINES_A_PAGE
from deployments.settings import read
from deployments.wiring.keys import create
from serve_app.access.key_file import KeyFile, Keyring
from serve_app.settings import HttpSettings
from tests.support.engines.scripted import Act, Passage, Script
from tests.support.http.command import COMMAND, environment
from tests.support.http.http_service import PLAIN, VERSION, Site, says, site

FAILS = Script((Passage(("never",), takes=0.0, acts=(Act.FATAL,)),))
READING = {"follow", "status", "list_jobs", "search", "read_transcript"}


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path / "service", app=factory(mcp=True)) as opened:
        yield opened


@asynccontextmanager
async def by_http(here: Site, key: str = "") -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx2.AsyncClient(headers=headers, timeout=60.0, trust_env=False) as http:
        transport = streamable_http_client(f"{here.url}/mcp", http_client=http)
        async with Client(transport) as client:
            yield client


@asynccontextmanager
async def by_stdio(folder: Path, url: str) -> AsyncIterator[Client]:
    started = StdioServerParameters(
        command=COMMAND[0],
        args=[*COMMAND[1:], "mcp", "--server", url],
        env=environment(folder),
        cwd=folder,
    )
    async with Client(started) as client:
        yield client


async def call(client: Client, tool: str, **given: object) -> dict[str, Any]:
    answer = await client.call_tool(tool, given)
    assert not answer.is_error, answer.content
    body: dict[str, Any] = answer.structured_content
    return body


async def refusal(client: Client, tool: str, **given: object) -> str:
    answer = await client.call_tool(tool, given)
    assert answer.is_error
    return "".join(getattr(part, "text", "") for part in answer.content)


def content(script: Script) -> str:
    return base64.b64encode(script.recorded()).decode()


async def test_over_http_a_recording_is_sent_followed_found_and_read(here: Site) -> None:
    seen: list[float] = []

    async def noted(progress: float, total: float | None, message: str | None) -> None:
        seen.append(progress)

    async with by_http(here) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert tools == READING | {"transcribe_content"}
        script = says("buenos", "días", takes=1.0, chunks=2)
        job = await call(client, "transcribe_content", name="a.wav", content_base64=content(script))
        answer = await client.call_tool(
            "follow", {"job_id": job["job_id"], "wait_seconds": 60}, progress_callback=noted
        )
        ended = answer.structured_content
        assert (ended["status"], ended["text"].split()) == ("completed", ["buenos", "días"] * 2)
        assert seen == sorted(seen)
        assert seen[-1] == 100
        hits = (await call(client, "search", words="DIAS"))["hits"]
        assert [hit["job"]["job_id"] for hit in hits] == [job["job_id"]]
        assert "buenos" in hits[0]["passage"]
        read = await call(client, "read_transcript", job_id=job["job_id"])
        assert [line["text"] for line in read["lines"]] == ["buenos días"] * 2
        assert read["lines"][1]["start"] == 1.0
        listed = (await call(client, "list_jobs", status="completed"))["jobs"]
        assert [each["job_id"] for each in listed] == [job["job_id"]]


async def test_over_stdio_a_file_of_this_machine_is_transcribed(tmp_path: Path, here: Site) -> None:
    (tmp_path / "talk.mp3").write_bytes(says("hello").recorded())
    async with by_stdio(tmp_path, here.url) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert tools == READING | {"transcribe_file", "transcribe_url"}
        given = {"path": str(tmp_path / "talk.mp3"), "wait_seconds": 60}
        done = await call(client, "transcribe_file", **given)
        assert (done["status"], done["text"]) == ("completed", "hello\n")
        assert "no file" in await refusal(client, "transcribe_file", path="nowhere.mp3")
        url = "https://example.org/a.mp3"
        assert await refusal(client, "transcribe_url", url=url)  # the service fetches none


async def test_without_a_service_the_assistant_is_told_how_to_start_one(tmp_path: Path) -> None:
    async with by_stdio(tmp_path, "http://127.0.0.1:9") as client:
        assert "retender serve" in await refusal(client, "list_jobs")


async def test_a_failed_job_says_why(here: Site) -> None:
    async with by_http(here) as client:
        given = {"name": "a.wav", "content_base64": content(FAILS), "wait_seconds": 60}
        ended = await call(client, "transcribe_content", **given)
        assert ended["status"] == "failed"
        assert ended["error"]
        read = await call(client, "read_transcript", job_id=ended["job_id"])
        assert read["lines"] == []


async def test_a_long_transcript_is_read_page_by_page(here: Site) -> None:
    script = says("one", chunks=LINES_A_PAGE + 5)
    async with by_http(here) as client:
        given = {"name": "a.wav", "content_base64": content(script), "wait_seconds": 60}
        job = await call(client, "transcribe_content", **given)
        first = await call(client, "read_transcript", job_id=job["job_id"])
        assert (len(first["lines"]), first["pages"]) == (LINES_A_PAGE, 2)
        second = await call(client, "read_transcript", job_id=job["job_id"], page=2)
        assert len(second["lines"]) == 5
        assert "2 pages" in await refusal(client, "read_transcript", job_id=job["job_id"], page=3)


async def test_content_that_is_no_recording_is_refused_with_the_service_s_own_words(
    here: Site,
) -> None:
    async with by_http(here) as client:
        given = {"name": "a.html", "content_base64": base64.b64encode(b"<html>" * 99).decode()}
        assert "recording" in await refusal(client, "transcribe_content", **given)
        assert "base64" in await refusal(client, "transcribe_content", name="a", content_base64="ñ")


async def test_a_key_sees_its_own_jobs_and_without_one_there_are_no_tools(tmp_path: Path) -> None:
    settings = read({"RETENDER_DATA_DIR": str(tmp_path)}, env_file=tmp_path / "none")
    mine, other = (create(settings, name=name)[0] for name in ("mine", "other"))
    ring = Keyring(file=KeyFile(tmp_path / "keys.json"))
    async with site(tmp_path / "service", app=factory(mcp=True), keys=ring) as here:
        async with by_http(here, mine) as client:
            given = {"name": "a.wav", "content_base64": content(says("mine")), "wait_seconds": 60}
            job = await call(client, "transcribe_content", **given)
        async with by_http(here, other) as client:
            assert (await call(client, "list_jobs"))["jobs"] == []
            assert await refusal(client, "status", job_id=job["job_id"])
        for key in ("", "rt_0123456789ab_wrong"):
            assert (await ask(here, key=key)).status_code == 401


async def ask(here: Site, key: str = "", **headers: str) -> httpx.Response:
    """What a program without the SDK sends."""
    first = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    given = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        **({"Authorization": f"Bearer {key}"} if key else {}),
        **headers,
    }
    return await here.http.post("/mcp", content=json.dumps(first), headers=given)


async def test_pages_of_others_and_foreign_names_are_turned_away(here: Site) -> None:
    assert (await ask(here, Origin="https://evil.example")).status_code == 403
    assert (await ask(here, Host="evil.example")).status_code == 403
    assert (await ask(here)).status_code == 200


async def test_addresses_are_fetched_only_where_the_service_may(tmp_path: Path) -> None:
    fetching = HttpSettings(version=VERSION, language="en", url_input=True)
    async with (
        site(tmp_path, app=factory(mcp=True), settings=fetching) as here,
        by_http(here) as client,
    ):
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert "transcribe_url" in tools
        assert await refusal(client, "transcribe_url", url="http://127.0.0.1/a.mp3")


async def test_where_it_is_not_switched_on_there_is_nothing(tmp_path: Path) -> None:
    async with site(tmp_path, settings=PLAIN) as here:
        assert (await ask(here)).status_code == 404


async def test_a_service_without_it_does_not_import_the_sdk() -> None:
    code = "import sys, deployments.profiles, deployments.cli; print('mcp' in sys.modules)"
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await child.communicate()
    assert out == b"False\n"
