"""Webhooks over real HTTP, to a receiver that checks them as receivers do."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from standardwebhooks.webhooks import Webhook

from actors.delivery.webhooks import WebhookSettings
from actors.manager.job_manager import JobManager
from actors.runtime.api import Recipe
from retender.jobs.deliveries import WEBHOOKS
from retender.jobs.submission import Submission
from retender.journal.sqlite import SqliteOpener
from retender.outbound.addresses import AddressRules
from retender.outbound.connections import CheckedTransport
from retender.outbound.webhook_messages import PRIVATE_ALLOWED
from tests.support.http.http_service import MANAGER, Site, says, site
from tests.support.http.webhook_receivers import SECRET

HOME = replace(MANAGER, private_callbacks=True)


class Receiver:
    """Takes what is signed with the secret, and nothing else."""

    def __init__(self) -> None:
        self.verified: list[dict[str, Any]] = []
        self.connections = 0
        self._loop = asyncio.get_running_loop()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def handle(self) -> None:
                receiver.connections += 1
                super().handle()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                said = Webhook(SECRET).verify(body, dict(self.headers))
                receiver.verified.append(said)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    there = Receiver()
    yield there
    await asyncio.to_thread(there.close)


def webhooks(rules: AddressRules) -> WebhookSettings:
    return WebhookSettings(
        secrets=(SECRET,), language="en", transport=Recipe.of(CheckedTransport, rules=rules)
    )


async def submitted(here: Site, callback_url: str) -> None:
    async with here.services.blobs.receive(limit=10**6) as upload:
        await upload.write(says("good", "morning").recorded())
        audio = await upload.finish(at=here.services.clock.now())
    submission = Submission(job_id="a", audio=audio, callback_url=callback_url)
    await here.services.manager.ask(JobManager.submit, submission)


async def told_of(here: Site) -> dict[str, Any]:
    """The job, once an attempt to tell of it has ended."""
    async with asyncio.timeout(60.0):
        while True:
            body: dict[str, Any] = await here.job("a")
            callback = body["callback"] or {"attempts": 0}
            ended = callback["attempts"] > 0 and "interrupted" not in (callback["last_error"] or "")
            if ended or callback.get("state") == "delivered":
                return body
            await asyncio.sleep(0.02)


async def test_a_receiver_verifies_and_reads_what_a_poll_would_have_shown(
    tmp_path: Path, receiver: Receiver
) -> None:
    async with site(tmp_path, manager=HOME, webhooks=webhooks(PRIVATE_ALLOWED)) as here:
        await submitted(here, f"http://127.0.0.1:{receiver.port}/hook?for=me")
        polled = await told_of(here)
    (said,) = receiver.verified
    callback = polled.pop("callback")
    assert said == polled
    assert said["result"]["text"] == "good morning"
    assert callback == {"state": "delivered", "attempts": 1, "last_error": None}


async def test_a_name_that_leads_inside_is_not_connected_to(
    tmp_path: Path, receiver: Receiver
) -> None:
    public_only = AddressRules(schemes=("https", "http"), ports=())
    async with site(tmp_path, manager=HOME, webhooks=webhooks(public_only)) as here:
        await submitted(here, f"http://localhost:{receiver.port}/hook")
        callback = (await told_of(here))["callback"]
        figures = (await here.http.get("/metrics")).text
    assert callback["state"] == "waiting"
    assert callback["attempts"] >= 1
    assert "public internet" in callback["last_error"]
    assert receiver.connections == 0
    assert "retender_outbox_waiting 1.0" in figures
    assert "retender_outbox_age_seconds" in figures


async def test_a_stop_in_the_middle_of_a_message_leaves_it_for_the_next_start(
    tmp_path: Path,
) -> None:
    arrived = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    async with silent:
        async with site(tmp_path, manager=HOME, webhooks=webhooks(PRIVATE_ALLOWED)) as here:
            await submitted(here, f"http://127.0.0.1:{port}/")
            await arrived.wait()
        journal = await SqliteOpener(str(tmp_path / "journal.db"))()
        (left,) = await journal.deliveries("a", WEBHOOKS)
        await journal.close()
    assert (left.waiting, left.attempts) == (True, 1)


async def test_an_address_inside_is_refused_when_the_job_is_submitted(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        answer = await here.http.post(
            "/transcribe-job",
            files={"file": says("hello").recorded()},
            data={"callback_url": "https://192.168.1.1/hook"},
        )
        assert (await here.http.get("/jobs")).json()["jobs"] == []
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "url_not_allowed")


async def test_a_job_without_a_callback_has_none_to_show(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        await here.services.manager.ask(JobManager.submit, Submission(job_id="a"))
        assert (await here.job("a"))["callback"] is None
