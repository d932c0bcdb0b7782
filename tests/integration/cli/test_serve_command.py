"""`retender serve` as a person meets it: started, stopped, refused."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from loguru import logger

from deployments.serving.local import serve
from deployments.serving.web import QuietServer
from deployments.settings import read
from tests.support.http.command import (
    COMMAND,
    DEADLINE,
    UP,
    Serving,
    environment,
    retender,
    serving,
)

if TYPE_CHECKING:
    from loguru import Message


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as tried:
            tried.bind(("::1", 0))
    except OSError:
        return False
    return True


@contextmanager
def unread(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A service that has a pipe for its log."""
    with subprocess.Popen(
        [*COMMAND, "serve"], cwd=folder, env=environment(folder), stderr=subprocess.PIPE
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def where_it_is(service: subprocess.Popen[bytes]) -> str:
    """Read no further than it is told."""
    assert service.stderr is not None
    for line in service.stderr:
        message: str = json.loads(line)["message"]
        if message.startswith(UP):
            return message.removeprefix(UP)
    raise AssertionError("it did not come up")


def asking(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=DEADLINE, trust_env=False)


def warnings(service: Serving) -> list[str]:
    return [line["message"] for line in service.said if line["level"] == "WARNING"]


def test_it_comes_up_and_stops_in_order_when_told(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        service.process.send_signal(signal.SIGTERM)
        status, said = service.ended()
    assert status == 0
    assert said[-1] == "stopped: normal"


def test_a_log_that_nobody_reads_stops_nothing(tmp_path: Path) -> None:
    """A pipe holds 64 KiB; then it holds up who writes into it."""
    with unread(tmp_path) as service, asking(where_it_is(service)) as http:
        for _ in range(1000):
            assert http.get("/nowhere").status_code == 404
        service.send_signal(signal.SIGTERM)
        assert service.wait(DEADLINE) == 0


async def test_a_server_that_ends_by_itself_ends_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    up, errors = asyncio.Event(), list[str]()

    async def end(_: QuietServer) -> None:
        await up.wait()

    def hear(message: Message) -> None:
        if message.record["message"].startswith(UP):
            up.set()
        if message.record["level"].name == "ERROR":
            errors.append(message.record["message"])

    monkeypatch.setattr(QuietServer, "main_loop", end)
    sink = logger.add(hear)
    settings = read({"RETENDER_DATA_DIR": str(tmp_path), "PORT": "0"}, Path(os.devnull))
    async with asyncio.timeout(DEADLINE):
        assert await serve(settings, ()) == 1
    logger.remove(sink)
    assert errors == ["Retender gives up: nobody is answered any more: the server has ended"]


def test_what_it_keeps_is_its_owners_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(tmp_path, RETENDER_DATA_DIR=str(data)) as service, asking(service.url) as http:
        assert http.put("/transcribe-job", content=b"private").status_code == 202
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_a_newcomer_is_told_where_it_is_and_what_it_works_with(tmp_path: Path) -> None:
    with serving(tmp_path) as service:
        with asking(service.url) as http:
            assert http.get("/docs").status_code == 200
        service.process.send_signal(signal.SIGINT)
        _, said = service.ended()
    told = "\n".join(said)
    assert str(tmp_path) in told
    assert "the model is digits" in told
    assert f"open {service.url} in a browser" in told


def test_a_model_that_is_not_here_surprises_nobody(tmp_path: Path) -> None:
    with serving(tmp_path, DEFAULT_MODEL="tiny", HF_HUB_CACHE=str(tmp_path)) as service:
        service.process.send_signal(signal.SIGTERM)
        _, said = service.ended()
    assert any("tiny, which is NOT here" in line for line in said)


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_it_listens_on_ipv6_where_that_is_said(tmp_path: Path) -> None:
    with serving(tmp_path, "--host", "::1", "--port", "0") as service:
        assert urlsplit(service.url).hostname == "::1"
        with asking(service.url) as http:
            assert http.get("/health/live").status_code == 200


def test_where_it_listens_may_be_said_with_the_command(tmp_path: Path) -> None:
    said = ("--host", "127.0.0.1", "--port", "0")
    with serving(tmp_path, *said, HOST="0.0.0.0", PORT="1") as service:
        assert urlsplit(service.url).hostname == "127.0.0.1"
        with asking(service.url) as http:
            assert http.get("/health/live").status_code == 200


async def test_a_profile_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    done = await retender(tmp_path, "serve", "--profile", "cluster", "--port", "0")
    assert done.code == 2
    assert "'cluster'" in done.err
    assert "'local'" in done.err
    assert "Traceback" not in done.err


def test_killed_it_starts_again_in_the_next_epoch(tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        first.process.kill()
    with serving(tmp_path) as second:
        assert any("epoch 2" in line["message"] for line in second.said)


async def test_a_second_one_on_the_same_data_is_refused_and_names_the_first(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as first:
        done = await retender(tmp_path, "serve")
        assert done.code == 1
        assert "Retender cannot start" in done.err
        assert str(first.process.pid) in done.err
        assert "Traceback" not in done.err


async def test_a_misspelt_setting_is_refused_in_one_sentence(tmp_path: Path) -> None:
    assert await retender(tmp_path, "serve", RETENDER_GRACE="3") == (
        1,
        "",
        (
            "Retender cannot start: There is no setting RETENDER_GRACE. "
            "The nearest is RETENDER_GRACE_SECONDS.\n"
        ),
    )


async def test_a_port_that_is_taken_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        port = str(urlsplit(first.url).port)
        done = await retender(tmp_path, "serve", "--port", port)
    assert done.code == 1
    assert done.err.startswith(f"Retender cannot start: Port {port} on 127.0.0.1 cannot be had")
    assert len(done.err.splitlines()) == 1


async def test_a_data_folder_that_is_none_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = await retender(tmp_path, "serve", RETENDER_DATA_DIR=str(tmp_path / "file"))
    assert done.code == 1
    assert done.err.startswith("Retender cannot start: ")
    assert len(done.err.splitlines()) == 1


async def test_a_corrupt_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"
    journal.write_bytes(b"this is no journal" * 100)
    done = await retender(tmp_path, "serve")
    assert done.code == 1
    assert "Retender cannot start" in done.err
    assert "Traceback" not in done.err
    assert journal.read_bytes() == b"this is no journal" * 100


def test_strangers_with_no_key_asked_of_them_are_warned_of_loudly(tmp_path: Path) -> None:
    with serving(tmp_path, HOST="0.0.0.0") as service:
        warned = warnings(service)
    assert any("ANYONE" in warning and "retender keys create" in warning for warning in warned)


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_with_a_key_or_for_this_machine_alone_there_is_nothing_to_warn_of(
    tmp_path: Path, host: str
) -> None:
    key = "a-secret-of-ones-own-1234" if host == "0.0.0.0" else ""
    with serving(tmp_path, HOST=host, RETENDER_API_KEYS=key) as service:
        said = [line["message"] for line in service.said]
    assert not any("ANYONE" in line or (key and key in line) for line in said)


async def test_a_damaged_file_of_keys_lets_nobody_in(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("[{")
    done = await retender(tmp_path, "serve")
    assert done.code == 1
    assert "Retender cannot start" in done.err
    assert "keys.json" in done.err
    assert "Traceback" not in done.err
