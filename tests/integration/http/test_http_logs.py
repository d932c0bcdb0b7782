"""What the service writes into its log, and what never gets there."""

from __future__ import annotations

import gc
import json
import logging
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from loguru import logger
from websockets.asyncio.client import connect

from deployments.logs import configuration
from retender.jobs.retry import RetryPolicy
from serve_app.access.api_keys import make
from serve_app.access.key_file import Keyring
from tests.support.engines.scripted import Act, Passage, Script
from tests.support.http.http_service import DEADLINE, MANAGER, says, site
from tests.support.log_of_tests import log_to_a_stream_that_lasts

KEY, KEPT = make(secrets.token_hex, at=1.0)
HEADERS = {"Authorization": f"Bearer {KEY}"}


class Log:
    """What has been written to the standard error."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._read = ""
        self.configure("INFO", "json")

    def configure(self, level: str, style: str) -> None:
        self._lines = configuration.configure(level, style)

    @property
    def text(self) -> str:
        assert self._lines.caught_up(DEADLINE)
        self._read += self._capsys.readouterr().err
        return self._read

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def of(self, route: str) -> list[dict[str, Any]]:
        return [line for line in self.lines() if f" {route} " in line["message"]]


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Log]:
    """As `retender serve` sets it up."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    gc.collect()  # what other tests have left must not be told of here
    yield Log(capsys)
    logger.configure(patcher=lambda _: None)
    log_to_a_stream_that_lasts()
    root.handlers[:], root.level = before


async def test_nothing_at_info_says_what_was_said_or_who_asked(tmp_path: Path, log: Log) -> None:
    recording = says("the", "unspeakable", "truth").recorded()
    upload = {"file": ("confesión secreta.wav", recording, "audio/wav")}
    fields = {"prompt": "whispered", "language": "en"}
    async with site(tmp_path, keys=Keyring([KEPT])) as here:
        answer = await here.http.post(
            "/transcribe?token=hidden", files=upload, data=fields, headers=HEADERS
        )
        assert answer.json()["text"] == "the unspeakable truth", answer.text
        wrong = {"X-API-Key": "wrong-key-of-someone-else"}
        await here.http.get("/jobs?token=hidden", headers=wrong)
        await here.http.get("/job/nowhere/hidden?token=hidden", headers=HEADERS)
    (line,) = log.of("/transcribe")
    assert line["key"] == KEPT.id
    written = log.text
    secret = KEY.rpartition("_")[2]
    for word in (
        *("unspeakable", "truth", "confesi", "secreta", "whispered"),
        *("hidden", "wrong-key", secret, KEPT.sha256),
    ):
        assert word not in written, word


async def test_each_request_has_one_line_with_what_became_of_it(tmp_path: Path, log: Log) -> None:
    async with site(tmp_path) as here:
        await here.http.get("/job/nowhere", headers={"X-Request-ID": "mine.3"})
        await here.http.get("/health/live")
        await here.http.get("/nowhere")
    (line,) = log.of("/job/{job_id}")
    assert line["message"] == "GET /job/{job_id} 404"
    assert (line["request"], line["status"], line["received"]) == ("mine.3", 404, 0)
    assert line["sent"] > 0
    assert line["ms"] >= 0
    assert log.of("/health/live") == []
    assert len(log.of("-")) == 1


def test_keys_are_struck_out_wherever_someone_has_put_them(log: Log) -> None:
    logger.bind(header=f"Bearer {KEY}").info("got {} and {}", KEY, "gsk_" + "a" * 40)
    (line,) = log.lines()
    assert line["message"] == f"got rt_{KEPT.id}_… and gsk_…"
    assert line["header"] == "Bearer …"


def test_what_libraries_log_comes_out_the_same_way(log: Log) -> None:
    logging.getLogger("some.library").warning("it said %s", "so")
    logging.getLogger("some.library").info("nobody needs this")
    (line,) = log.lines()
    assert (line["level"], line["message"], line["where"]) == (
        "WARNING",
        "it said so",
        "some.library",
    )


def test_who_tells_of_each_request_with_its_address_is_not_heard(log: Log) -> None:
    log.configure("DEBUG", "json")
    for name in ("httpx", "httpcore.http11", "websockets.server"):
        logging.getLogger(name).info("GET https://example.org/?secret=1")
    logging.getLogger("some.library").debug("it is asked for")
    assert [line["where"] for line in log.lines()] == ["some.library"]


async def test_a_websocket_has_one_line_with_the_code_it_was_closed_with(
    tmp_path: Path, log: Log
) -> None:
    async with site(tmp_path) as here:
        address = here.url.replace("http", "ws") + "/ws/transcription/nowhere?since=hidden"
        async with connect(address, proxy=None) as socket:
            await socket.wait_closed()
    (line,) = log.of("/ws/transcription/{job_id}")
    assert line["message"] == f"WEBSOCKET /ws/transcription/{{job_id}} {socket.close_code}"
    assert line["status"] > 1000
    assert "hidden" not in log.text


def test_a_bug_is_logged_with_where_it_happened(log: Log) -> None:
    try:
        json.loads(f"{KEY} is no JSON")
    except ValueError:
        logger.exception("a bug with {}", KEY)
    (line,) = log.lines()
    assert "test_http_logs.py" in line["trace"]
    assert KEY not in log.text


def test_for_people_a_line_is_short(log: Log) -> None:
    log.configure("INFO", "human")
    logger.info("ready")
    logger.bind(job="j").info("begun")
    first, second = log.text.splitlines()
    assert first.endswith("ready")
    assert second.endswith("begun {'job': 'j'}")


@pytest.mark.parametrize("style", ["json", "human"])
def test_what_an_exception_says_gives_no_key_away(log: Log, style: str) -> None:
    log.configure("INFO", style)
    try:
        int(KEY)
    except ValueError:
        logger.exception("a bug")
    assert "test_http_logs.py" in log.text
    assert f"rt_{KEPT.id}_…" in log.text
    assert KEY not in log.text


async def test_the_log_tells_how_jobs_ended_and_what_went_wrong_on_the_way(
    tmp_path: Path, log: Log
) -> None:
    shaky = Passage(("unspeakable",), takes=0.0, acts=(Act.FAIL,))
    recording = Script((shaky,), preparation=Passage((), takes=0.0)).recorded()
    at_once = msgspec.structs.replace(MANAGER, retry=RetryPolicy(first=0.1))
    async with site(tmp_path, manager=at_once) as here:
        answer = await here.http.post("/transcribe", files={"file": ("a.wav", recording)})
        job_id = answer.json()["job_id"]
    wrong, ended = (line for line in log.lines() if line.get("job") == job_id)
    assert (wrong["level"], wrong["code"]) == ("WARNING", "engine_failed")
    assert (wrong["chunk"], wrong["attempt"], wrong["worker"]) == (1, 1, "transcriber-1")
    assert (ended["level"], ended["message"]) == ("INFO", "job completed")
    assert "unspeakable" not in log.text
