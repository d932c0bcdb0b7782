"""`/ws/transcription/{job_id}`: what the rules of `talk` decide, done over a real socket."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from actors.broadcasting.hub import Follower, TooSlow
from actors.manager.job_manager import JobManager
from retender.errors import Draining, Forbidden, RetenderError
from serve_app.access.api_keys import Scope
from serve_app.access.callers import Caller
from serve_app.limits import CLOSING_SECONDS, FRAMES_WAITING, SEND_SECONDS, SOCKETS
from serve_app.live.alarm import Alarm
from serve_app.live.entry import admitted, reader_of
from serve_app.live.messages import NOTHING, LiveMessage, message
from serve_app.live.socket_rules import (
    CallOff,
    Close,
    Code,
    Complain,
    Effect,
    Ping,
    Pong,
    ShowStatus,
    SocketState,
    SocketTiming,
    due,
    hear,
    number,
    pass_time,
    refusal,
)
from serve_app.live.watch import JobWatch, watch
from serve_app.services import Services

router = APIRouter()


async def transcription(websocket: WebSocket) -> None:
    """A refusal comes as a close code: of one before the opening browsers tell nothing."""
    services: Services = websocket.app.state.services
    with suppress(WebSocketDisconnect):
        await websocket.accept()
        try:
            with services.audience.seated(SOCKETS):
                watching, who = await _let_in(websocket, services)
                with services.audience.watching(watching.job.id):
                    close = await _Conversation(websocket, services, watching, who).hold()
                    await _say_goodbye(websocket, close)
        except RetenderError as error:
            await _say_goodbye(websocket, refusal(error))


# As a plain route: what FastAPI keeps for each open socket would be a seventh of its memory.
router.add_websocket_route("/ws/transcription/{job_id}", transcription)


async def _let_in(websocket: WebSocket, services: Services) -> tuple[JobWatch, Caller]:
    if services.closing.begun:
        raise Draining("the service is stopping; come back in a moment")
    since = number(websocket.query_params.get("since", ""))
    who = await admitted(websocket, services)
    job_id = websocket.path_params["job_id"]
    return await watch(services, job_id, who.owner, since, reader_of(websocket)), who


async def _say_goodbye(websocket: WebSocket, close: Close) -> None:
    if websocket.client_state is WebSocketState.DISCONNECTED:
        return
    # The reason goes into one small frame.
    reason = close.reason.encode()[:120].decode(errors="ignore")
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSING_SECONDS):
            await websocket.close(int(close.code), reason)


class _Conversation:
    """One task reads what the client says; the other sends, and is stirred by all there is: news,
    the client, the time, the service's end."""

    def __init__(
        self, websocket: WebSocket, services: Services, watching: JobWatch, who: Caller
    ) -> None:
        self._websocket = websocket
        self._services = services
        self._watch = watching
        self._who = who
        self._clock = services.clock
        settings = services.settings
        self._pace = SocketTiming(settings.ping_interval, settings.websocket_timeout)
        now = self._clock.monotonic()
        self._talk = SocketState(heard_at=now, pinged_at=now)
        self._frames: asyncio.Queue[str | bytes] = asyncio.Queue(FRAMES_WAITING)

    async def hold(self) -> Close:
        """Until there is a reason to end it."""
        try:
            return await self._follow()
        except TooSlow:
            return Close(Code.TOO_SLOW, "come back with the last number you have seen")
        except RetenderError as error:
            return refusal(error)

    async def _follow(self) -> Close:
        for first in await self._watch.greeting():
            await self._send(first)
        if self._watch.opening.over:
            return Close(Code.TOLD_ALL, "nothing is left to tell")
        async with self._watch.follow() as follower:
            reading = asyncio.create_task(self._read(follower))
            alarm = Alarm(follower.stir)
            try:
                with self._services.closing.telling(follower.stir):
                    return await self._take_turns(follower, reading, alarm)
            finally:
                reading.cancel()
                alarm.cancel()

    async def _read(self, follower: Follower) -> None:
        """Returns when the client has left. Of one who asks faster than it is answered, nothing
        more is read meanwhile."""
        while (received := await self._websocket.receive())["type"] == "websocket.receive":
            text = received.get("text")
            await self._frames.put(received["bytes"] if text is None else text)
            follower.stir()
        follower.stir()

    async def _take_turns(
        self, follower: Follower, reading: asyncio.Task[None], alarm: Alarm
    ) -> Close:
        while not reading.done():
            if self._services.closing.begun:
                return Close(Code.STOPPING, "the service is stopping; come back in a moment")
            for effect in self._effects():
                if isinstance(effect, Close):
                    return effect
                await self._send(await self._outcome(effect))
            news = follower.take()
            if news is not None:
                await self._send(await self._watch.message(news))
                if self._watch.ends(news):
                    return Close(Code.TOLD_ALL, "this was the last message")
            elif self._frames.empty():
                alarm.set(due(self._talk, self._pace) - self._clock.monotonic())
                await follower.stirred()
        reading.result()
        raise WebSocketDisconnect

    def _effects(self) -> list[Effect]:
        now = self._clock.monotonic()
        heard = None
        if not self._frames.empty():
            frame = self._frames.get_nowait()
            self._talk, heard = hear(self._talk, frame, self._watch.job.id, now)
        self._talk, timely = pass_time(self._talk, self._pace, now)
        return [effect for effect in (heard, timely) if effect is not None]

    async def _outcome(self, effect: Effect) -> LiveMessage | None:
        try:
            match effect:
                case Ping():
                    return self._message("ping")
                case Pong():
                    return self._message("pong")
                case Complain(code, sentence):
                    return self._message("error", code=code, error=sentence)
                case ShowStatus():
                    return await self._watch.status(self._who.owner)
                case CallOff():
                    await self._call_off()
        except RetenderError as error:
            return self._message("error", code=error.code, error=error.message)
        return None

    async def _call_off(self) -> None:
        """Its end comes as news, to this client as to all others."""
        if Scope.SUBMIT not in self._who.scopes:
            raise Forbidden(f"this key may not do that: it lacks the scope {Scope.SUBMIT}")
        await self._services.manager.ask(JobManager.cancel, self._watch.job.id, self._who.owner)

    def _message(self, kind: str, **data: str) -> LiveMessage:
        return message(kind, self._watch.job.id, self._clock.now(), data or NOTHING)

    async def _send(self, told: LiveMessage | None) -> None:
        """Whoever takes nothing for too long is too slow."""
        if told is None:
            return
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._websocket.send_text(told.text)
        except TimeoutError:
            raise TooSlow(self._watch.job.id) from None
