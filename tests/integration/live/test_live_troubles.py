"""Clients that fall silent, do not read, or stay until the service stops."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from starlette.websockets import WebSocket
from websockets.exceptions import ConnectionClosed

from actors.manager.job_manager import JobManager
from deployments.serving.connections import Http, Socket
from serve_app.limits import LIVE_MESSAGE_BYTES
from serve_app.live import socket as live_socket
from serve_app.live.socket_rules import Close
from serve_app.state.live_messages import MessageCache
from tests.support.actors.manual_worker import Hand
from tests.support.http.http_service import PLAIN, Site, says, site
from tests.support.http.live_client import DEADLINE, Viewer, eventually, viewing

MANY = says("la", seconds=1.0, chunks=40)


async def test_a_client_that_only_listens_is_pinged_and_then_closed(tmp_path: Path) -> None:
    quick = msgspec.structs.replace(PLAIN, ping_interval=0.05, websocket_timeout=2.0)
    async with site(tmp_path, settings=quick, workers=False) as here:
        await here.submit(MANY)
        async with viewing(here) as viewer:
            assert await viewer.closed() == 4408
            assert [told["type"] for told in viewer.heard].count("ping") >= 2


async def test_any_message_is_a_sign_of_life(tmp_path: Path) -> None:
    quick = msgspec.structs.replace(PLAIN, ping_interval=0.25, websocket_timeout=3.0)
    async with site(tmp_path, settings=quick, workers=False) as here:
        await here.submit(MANY)
        async with viewing(here) as viewer:
            begun = here.services.clock.monotonic()
            while here.services.clock.monotonic() - begun < 1.5 * quick.websocket_timeout:
                await viewer.until("ping")
                await viewer.say("pong", job_id="a")
            assert "error" not in {told["type"] for told in viewer.heard}


async def test_of_a_stop_that_was_begun_in_another_process_clients_are_told(tmp_path: Path) -> None:
    async with site(tmp_path, workers=False) as here:
        await here.submit(MANY)
        async with viewing(here) as viewer:
            await viewer.until("status")
            await here.services.manager.ask(JobManager.drain, 0.0)
            assert await viewer.closed() == 1001


async def test_when_the_service_stops_every_client_is_told_to_come_back(tmp_path: Path) -> None:
    async with site(tmp_path, workers=False) as here, AsyncExitStack() as stack:
        await here.submit(MANY)
        viewers = [await stack.enter_async_context(viewing(here)) for _ in range(200)]
        for viewer in viewers:
            await viewer.until("status")
        stream = await stack.enter_async_context(here.http.stream("GET", "/job/a/events"))
        here.web.close_intake()
        codes = await asyncio.gather(*(viewer.closed() for viewer in viewers))
        assert set(codes) == {1001}
        assert "event: status" in (await stream.aread()).decode()
        async with viewing(here) as late:
            assert await late.closed() == 1001
        again = await here.http.get("/job/a/events")
        assert (again.status_code, again.text) == (200, "retry: 2000\n\n")


async def test_a_stop_tells_clients_before_it_cuts_them_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly = asyncio.Event()
    goodbye = live_socket._close

    async def slow_goodbye(websocket: WebSocket, close: Close) -> None:
        await slowly.wait()
        await goodbye(websocket, close)

    monkeypatch.setattr(live_socket, "_close", slow_goodbye)
    async with site(tmp_path, workers=False) as here:
        await here.submit(MANY)
        async with viewing(here) as viewer:
            await viewer.until("status")
            stopping = asyncio.create_task(here.web.stop())
            await eventually(lambda: here.services.closing.begun)
            assert not here.web._server.should_exit
            slowly.set()
            assert await viewer.closed() == 1001
            await stopping


# Clients that do not read


async def narrowly_connected(here: Site) -> socket.socket:
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.setblocking(False)
    port = int(here.url.rpartition(":")[2])
    await asyncio.get_running_loop().sock_connect(narrow, ("127.0.0.1", port))
    return narrow


@asynccontextmanager
async def deaf(here: Site, query: str = "") -> AsyncIterator[Viewer]:
    """A client that has room for little, takes in nothing, and has been sent as much as goes."""
    narrow = await narrowly_connected(here)
    async with viewing(here, query=query, sock=narrow, close_timeout=0.1) as viewer:
        await viewer.next()
        viewer.connection.transport.pause_reading()
        held = at_the_service(here)
        async with asyncio.timeout(DEADLINE):
            while held.writable.is_set():
                await viewer.say("ping")
                await asyncio.sleep(0)
        yield viewer


def at_the_service(here: Site) -> Socket:
    (held,) = (c for c in here.web._server.server_state.connections if isinstance(c, Socket))
    return held


async def test_a_client_that_asks_and_does_not_read_is_not_read_from_either(
    tmp_path: Path,
) -> None:
    async with site(tmp_path, workers=False, narrow=True) as here:
        await here.submit(MANY)
        async with deaf(here) as viewer:
            held = at_the_service(here)
            for _ in range(10_000):
                await viewer.say("ping")
            assert held.transport.get_write_buffer_size() < 64 * 1024 + 4096
            assert held.read_paused
            viewer.connection.transport.abort()


async def test_pings_of_the_protocol_are_not_answered_to_who_does_not_read(
    tmp_path: Path,
) -> None:
    script = says("word " * 50_000)
    async with site(tmp_path, workers=False, narrow=True) as here:
        await here.submit(script)
        narrow = await narrowly_connected(here)
        async with viewing(here, sock=narrow, close_timeout=0.1) as viewer:
            await viewer.until("status")
            viewer.connection.transport.pause_reading()
            hand, held = Hand(here, script), at_the_service(here)
            await hand.prepare()
            await hand.finish()
            await eventually(lambda: not held.writable.is_set())
            waiting = held.transport.get_write_buffer_size()
            for _ in range(5000):
                viewer.connection.transport.write(b"\x89\xfd" + bytes(4 + 125))
            await eventually(lambda: not viewer.connection.transport.get_write_buffer_size())
            await here.job("a")
            assert held.transport.get_write_buffer_size() <= waiting
            viewer.connection.transport.abort()


async def test_a_client_that_is_too_slow_is_cut_off_and_comes_back_by_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.broadcasting.hub.FOLLOWER_BACKLOG", 10)
    async with site(tmp_path, workers=False, narrow=True) as here:
        await here.submit(MANY)
        async with deaf(here, "?since=0") as viewer:
            await Hand(here, MANY).finish_all()
            viewer.connection.transport.resume_reading()
            assert await viewer.closed() == 4429
        seen = viewer.numbers
        # What it has missed is more than its backlog: it is given at the client's pace.
        async with viewing(here, query=f"?since={seen[-1] if seen else 0}") as again:
            assert await again.closed() == 1000
        last = int(str((await here.job("a"))["seq"]))
        assert seen + again.numbers == list(range(1, last + 1))


async def test_a_client_that_took_nothing_for_long_is_told_why_it_was_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serve_app.live.socket.SEND_SECONDS", 0.1)
    async with site(tmp_path, workers=False, narrow=True) as here:
        await here.submit(MANY)
        async with deaf(here) as viewer:
            await eventually(lambda: not here.services.open_sockets.count)
            viewer.connection.transport.resume_reading()
            assert await viewer.closed() == 4429


async def test_a_client_that_takes_nothing_at_all_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serve_app.live.socket.SEND_SECONDS", 0.1)
    monkeypatch.setattr("deployments.serving.connections.SEND_SECONDS", 0.1)
    async with site(tmp_path, workers=False, narrow=True) as here:
        await here.submit(MANY)
        async with deaf(here) as viewer:
            connections = here.web._server.server_state.connections
            await eventually(lambda: not any(isinstance(each, Socket) for each in connections))
            assert not here.services.open_sockets.count
            viewer.connection.transport.abort()


async def test_a_stream_that_nobody_reads_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.serving.connections.UNREAD_SECONDS", 2.0)
    script = says(*("word",) * 2000, chunks=30)
    async with site(tmp_path, workers=False, narrow=True) as here:
        await here.submit(script)
        await Hand(here, script).finish_all()
        with await narrowly_connected(here) as narrow:
            asked = b"GET /job/a/events?since=0 HTTP/1.1\r\nHost: x\r\n\r\n"
            await asyncio.get_running_loop().sock_sendall(narrow, asked)
            await eventually(lambda: _streaming(here))
            await eventually(lambda: not _streaming(here) and not here.services.hub._followers)


def _streaming(here: Site) -> bool:
    return any(
        isinstance(each, Http) and each.flow.write_paused
        for each in here.web._server.server_state.connections
    )


# Large results


async def test_a_result_too_large_for_a_message_is_fetched_where_the_message_says(
    tmp_path: Path,
) -> None:
    script = says("word " * 50_000, chunks=2)
    async with site(tmp_path, workers=False) as here:
        await here.submit(script)
        await Hand(here, script).finish_all()
        async with viewing(here, max_size=None) as viewer:
            await viewer.rest()
        for told in viewer.heard:
            assert len(json.dumps(told)) < LIVE_MESSAGE_BYTES
        for told in viewer.heard[1:]:
            assert "result" not in told["data"]
            result = (await here.http.get(told["data"]["result_url"])).json()
            assert result == (await here.job("a"))["result"]


async def test_a_result_is_put_together_once_for_all_who_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    compose = MessageCache._compose

    async def counted(self: MessageCache, *args: object) -> object:
        asked.append("once")
        return await compose(self, *args)  # type: ignore[arg-type]  # whatever it is given

    monkeypatch.setattr(MessageCache, "_compose", counted)
    async with site(tmp_path, workers=False) as here, AsyncExitStack() as stack:
        await here.submit(MANY)
        viewers = [await stack.enter_async_context(viewing(here)) for _ in range(30)]
        for viewer in viewers:
            await viewer.until("status")
        await Hand(here, MANY).finish_all()
        ends = [(await viewer.rest())[-1] for viewer in viewers]
    assert asked == ["once"]
    assert all(end == ends[0] for end in ends)


async def test_while_the_manager_is_away_a_client_waits_for_it(tmp_path: Path) -> None:
    async with site(tmp_path, workers=False) as here:
        await here.submit(MANY)
        async with viewing(here) as viewer:
            await viewer.until("status")
            await here.kill("job_manager")
            async with viewing(here) as newcomer:
                assert (await newcomer.until("status"))["data"]["status"] == "queued"
            await here.services.manager.within(DEADLINE).ask(JobManager.info)
            await viewer.say("get_status")
            assert (await viewer.until("status"))["data"]["status"] == "queued"


async def test_a_client_that_leaves_is_forgotten(tmp_path: Path) -> None:
    async with site(tmp_path, workers=False) as here:
        await here.submit(MANY)
        async with viewing(here) as polite, viewing(here) as rude:
            await polite.until("status")
            await rude.until("status")
            rude.connection.transport.abort()
            with pytest.raises(ConnectionClosed):
                await rude.next()
        await eventually(lambda: not here.services.open_sockets.count)
        assert not here.services.hub._followers
