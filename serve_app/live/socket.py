"""`/ws/transcription/{job_id}`: follows a job over a WebSocket.

What is to be done is decided in `socket_rules`; here it is done over the real socket.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from actors.broadcasting.hub import TooSlow
from actors.manager.job_manager import JobManager
from retender.errors import Draining, RetenderError
from serve_app.access.api_keys import Scope
from serve_app.access.callers import Caller
from serve_app.limits import CLOSING_SECONDS, FRAMES_WAITING, SEND_SECONDS, SOCKETS
from serve_app.live import socket_rules as rules
from serve_app.live.admission import admit, reader_of
from serve_app.live.following import JobUpdates
from serve_app.live.opening import OpenedFollow, open_follow
from serve_app.state.live_messages import NO_DATA, LiveMessage, message
from serve_app.state.services import Services

router = APIRouter()


async def transcription(websocket: WebSocket) -> None:
    """A refusal is sent as a close code after the handshake: browsers do not show their pages why
    a handshake failed."""
    services: Services = websocket.app.state.services
    with suppress(WebSocketDisconnect):
        await websocket.accept()
        try:
            with services.open_sockets.opened(SOCKETS):
                opened, caller = await _opened(websocket, services)
                with services.open_sockets.following(opened.job.id):
                    close = await _Conversation(websocket, services, opened, caller).run()
                    await _close(websocket, close)
        except RetenderError as error:
            await _close(websocket, rules.refusal(error))


# As a plain route: what FastAPI keeps for each open socket would be a seventh of its memory.
router.add_websocket_route("/ws/transcription/{job_id}", transcription)


async def _opened(websocket: WebSocket, services: Services) -> tuple[OpenedFollow, Caller]:
    if services.closing.begun:
        raise Draining("the service is stopping; come back in a moment")
    since = rules.number(websocket.query_params.get("since", ""))
    caller = await admit(websocket, services)
    job_id = websocket.path_params["job_id"]
    return await open_follow(services, job_id, caller.owner, since, reader_of(websocket)), caller


async def _close(websocket: WebSocket, close: rules.Close) -> None:
    if websocket.client_state is WebSocketState.DISCONNECTED:
        return
    # The reason must fit into one small frame.
    reason = close.reason.encode()[:120].decode(errors="ignore")
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSING_SECONDS):
            await websocket.close(int(close.code), reason)


class _Conversation:
    """One task reads the client's messages. The other sends: job updates, answers and pings."""

    def __init__(
        self, websocket: WebSocket, services: Services, opened: OpenedFollow, caller: Caller
    ) -> None:
        self._websocket = websocket
        self._services = services
        self._opened = opened
        self._caller = caller
        self._clock = services.clock
        settings = services.settings
        self._timing = rules.SocketTiming(settings.ping_interval, settings.websocket_timeout)
        now = self._clock.monotonic()
        self._state = rules.SocketState(last_message_at=now, last_ping_at=now)
        self._frames: asyncio.Queue[str | bytes] = asyncio.Queue(FRAMES_WAITING)

    async def run(self) -> rules.Close:
        """Returns when there is a reason to close the socket."""
        try:
            while self._opened.first_messages:
                await self._send(self._opened.first_messages.pop(0))
            if self._opened.opening.over:
                return rules.Close(rules.CloseCode.ALL_SENT, "nothing is left to tell")
            return await self._follow()
        except TooSlow:
            return rules.Close(
                rules.CloseCode.TOO_SLOW, "come back with the last number you have seen"
            )
        except RetenderError as error:
            return rules.refusal(error)

    async def _follow(self) -> rules.Close:
        async with self._opened.updates(self._read) as updates:
            self._wake_in_time(updates)
            async for update in updates:
                for effect in self._effects():
                    if isinstance(effect, rules.Close):
                        return effect
                    await self._send(await self._outcome(effect))
                if update is not None:
                    await self._send(await self._opened.message(update))
                self._wake_in_time(updates)
        if updates.last is not None:
            return rules.Close(rules.CloseCode.ALL_SENT, "this was the last message")
        if updates.client_left:
            raise WebSocketDisconnect
        return rules.Close(
            rules.CloseCode.STOPPING, "the service is stopping; come back in a moment"
        )

    async def _read(self, updates: JobUpdates) -> None:
        """Returns when the client has left. While a client sends faster than it is answered, no
        more is read from it."""
        while (received := await self._websocket.receive())["type"] == "websocket.receive":
            text = received.get("text")
            await self._frames.put(received["bytes"] if text is None else text)
            updates.wake()

    def _wake_in_time(self, updates: JobUpdates) -> None:
        updates.wake_after(rules.next_deadline(self._state, self._timing) - self._clock.monotonic())
        if not self._frames.empty():
            updates.wake()

    def _effects(self) -> list[rules.Effect]:
        now = self._clock.monotonic()
        answer = None
        if not self._frames.empty():
            frame = self._frames.get_nowait()
            self._state, answer = rules.on_message(self._state, frame, self._opened.job.id, now)
        self._state, timed = rules.at_time(self._state, self._timing, now)
        return [effect for effect in (answer, timed) if effect is not None]

    async def _outcome(self, effect: rules.Effect) -> LiveMessage | None:
        try:
            match effect:
                case rules.Ping():
                    return self._message("ping")
                case rules.Pong():
                    return self._message("pong")
                case rules.Complain(code, sentence):
                    return self._message("error", code=code, error=sentence)
                case rules.SendStatus():
                    return await self._opened.status_message(self._caller.owner)
                case rules.Cancel():
                    await self._cancel()
        except RetenderError as error:
            return self._message("error", code=error.code, error=error.message)
        return None

    async def _cancel(self) -> None:
        """The job's last event tells this client of it, and all others."""
        self._caller.need(Scope.SUBMIT)
        await self._services.manager.ask(JobManager.cancel, self._opened.job.id, self._caller.owner)

    def _message(self, kind: str, **data: str) -> LiveMessage:
        return message(kind, self._opened.job.id, self._clock.now(), data or NO_DATA)

    async def _send(self, sent: LiveMessage | None) -> None:
        """Raises `TooSlow` if the client takes nothing for too long."""
        if sent is None:
            return
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._websocket.send_text(sent.text)
        except TimeoutError:
            raise TooSlow(self._opened.job.id) from None
