"""What is answered while the service starts."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from deployments.serving.starting import StartingServer
from deployments.serving.web import listen
from deployments.settings import BadSetting
from serve_app.page import starting


@pytest.fixture
def server() -> Iterator[StartingServer]:
    with StartingServer("127.0.0.1", 0, "ray") as running:
        yield running


def ask(server: StartingServer, method: str, path: str) -> httpx.Response:
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", trust_env=False) as http:
        return http.request(method, path)


def test_a_browser_gets_a_page_that_loads_itself_again(server: StartingServer) -> None:
    answer = ask(server, "GET", "/")
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert 'http-equiv="refresh"' in answer.text
    assert "iniciando" in answer.text


def test_programs_are_told_when_to_come_again(server: StartingServer) -> None:
    for method, path in (("POST", "/transcribe-job"), ("GET", "/jobs"), ("PUT", "/transcribe-job")):
        answer = ask(server, method, path)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.json()["error"]["code"] == "starting"


def test_the_process_lives_and_is_not_ready(server: StartingServer) -> None:
    assert ask(server, "GET", "/health/live").json() == {"status": "live"}
    assert ask(server, "GET", "/health").json()["status"] == "starting"
    assert ask(server, "GET", "/health/ready").status_code == 503


def test_the_server_that_takes_over_can_listen_at_the_same_time(server: StartingServer) -> None:
    with listen("127.0.0.1", server.port, shared=True) as other:
        other.listen()
        server.stop()
        with socket.create_connection(("127.0.0.1", server.port)):
            other.accept()[0].close()


def test_a_port_that_another_program_has_is_refused() -> None:
    with listen("127.0.0.1", 0, shared=True) as other:
        other.listen()
        with pytest.raises(BadSetting, match="cannot be had"):
            StartingServer("127.0.0.1", other.getsockname()[1], "ray")


def test_a_proxy_can_give_the_same_answer_from_a_file() -> None:
    head, _, page = starting.as_file().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 1" in head
    assert b"refresh" in page
    assert len(starting.as_file()) < 16_000  # HAProxy refuses files that exceed its buffer
