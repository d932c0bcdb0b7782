"""A stand-in for Groq's speech service: its rules, without a network.

It is asked with what was in a request and answers with what goes into a response: keys, models,
formats, sizes, prompts, the four windows of the free tier with their headers, and errors in the
shape that Groq gives them. What it hears is up to a `Listener`. `GroqTransport` puts it straight
under an HTTP client, in virtual time; `tests.support.groq.server` puts it behind a real port.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import httpx
import msgspec

from retender.engines.usage_ledger import DAY, HOUR, MINUTE
from retender.workers.usage import UsageLimits

KEY = "gsk_of_the_tests"
MODELS = ("whisper-large-v3-turbo", "whisper-large-v3")
FORMATS = ("flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm")
LARGEST_FILE = 25_000_000
LONGEST_PROMPT = 896
TRANSCRIPTIONS = "/openai/v1/audio/transcriptions"
LISTING = "/openai/v1/models"
TRANSLATIONS = "/openai/v1/audio/translations"


class Asked(NamedTuple):
    """One request, taken apart."""

    path: str
    authorization: str
    fields: dict[str, list[str]]
    name: str
    audio: bytes
    size: int

    def field(self, name: str, default: str = "") -> str:
        return self.fields.get(name, [default])[0]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.audio).hexdigest()


class Reply(msgspec.Struct, frozen=True):
    status: int
    body: bytes
    headers: dict[str, str] = {}


class Cut(NamedTuple):
    """The connection breaks off in the middle of the answer."""


class Hang(NamedTuple):
    """Nothing ever comes back."""


class Heard(NamedTuple):
    seconds: float
    segments: tuple[tuple[float, float, str], ...]
    language: str = "Spanish"
    logprob: float = -0.105
    silence: float = 0.01
    words: tuple[tuple[float, float, str], ...] = ()
    """Without them, those of each segment at an even pace."""


Listener = Callable[[Asked], Awaitable[Heard]]


def refusal(status: int, message: str, *, code: str = "", after: float | None = None) -> Reply:
    error = {"message": message, "type": "invalid_request_error", "code": code}
    headers = {} if after is None else {"retry-after": f"{after:g}"}
    return Reply(status, msgspec.json.encode({"error": error}), headers)


async def _silence(_: Asked) -> Heard:
    return Heard(1.0, ())


class GroqService:
    def __init__(
        self,
        listener: Listener = _silence,
        *,
        limits: UsageLimits | None = None,
        now: Callable[[], float] | None = None,
    ) -> None:
        self.asked: list[Asked] = []
        self.refused_for_limits = 0
        self.looks = 0
        self.key = KEY
        """The only one that is accepted."""
        self.out_of_order: deque[Reply | Cut | Hang] = deque()
        """What comes of the next requests, in place of an answer."""
        self._listener = listener
        self._limits = limits
        self._now = now or asyncio.get_running_loop().time
        self._served: list[tuple[float, float]] = []
        self._arrival = asyncio.Event()

    async def arrived(self, count: int) -> None:
        """Wait until so many requests have come in whole."""
        while len(self.asked) < count:
            await self._arrival.wait()

    async def answer(self, asked: Asked) -> Reply | Cut | Hang:
        if asked.path == LISTING:
            return self._list(asked)
        self.asked.append(asked)
        self._arrival.set()
        self._arrival = asyncio.Event()
        if self.out_of_order:
            return self.out_of_order.popleft()
        if (refused := _refused(asked, self.key)) is not None:
            return refused
        heard = await self._listener(asked)
        headers = {"x-request-id": f"req_{len(self.asked)}"}
        if self._limits is not None:
            if (wait := self._wait(self._limits, heard.seconds)) > 0:
                self.refused_for_limits += 1
                return refusal(429, "Rate limit reached", code="rate_limit_exceeded", after=wait)
            self._served.append((self._now(), heard.seconds))
            headers |= self._told(self._limits)
        return Reply(200, msgspec.json.encode(_verbose(asked, heard)), headers)

    def _list(self, asked: Asked) -> Reply:
        """What may be asked for; it costs nothing, and is not counted with what was asked."""
        self.looks += 1
        if asked.authorization != f"Bearer {self.key}":
            return INVALID_KEY
        listed = [{"id": name, "object": "model", "created": 0, "owned_by": "x"} for name in MODELS]
        return Reply(200, msgspec.json.encode({"object": "list", "data": listed}))

    def _wait(self, limits: UsageLimits, seconds: float) -> float:
        windows = (
            (MINUTE, limits.requests_per_minute, 1.0, self._requests),
            (DAY, limits.requests_per_day, 1.0, self._requests),
            (HOUR, limits.audio_per_hour, seconds, self._audio),
            (DAY, limits.audio_per_day, seconds, self._audio),
        )
        full = [length for length, most, cost, used in windows if used(length) + cost > most]
        return max(full, default=0.0)

    def _requests(self, window: float) -> float:
        return sum(at > self._now() - window for at, _ in self._served)

    def _audio(self, window: float) -> float:
        return sum(seconds for at, seconds in self._served if at > self._now() - window)

    def _told(self, limits: UsageLimits) -> dict[str, str]:
        return {
            "x-ratelimit-limit-requests": str(limits.requests_per_day),
            "x-ratelimit-remaining-requests": str(limits.requests_per_day - self._requests(DAY)),
            "x-ratelimit-limit-audio-seconds": str(limits.audio_per_hour),
            "x-ratelimit-remaining-audio-seconds": str(limits.audio_per_hour - self._audio(HOUR)),
        }


INVALID_KEY = refusal(401, "Invalid API Key", code="invalid_api_key")


def _refused(asked: Asked, key: str) -> Reply | None:
    model, kind = asked.field("model"), asked.name.rpartition(".")[2]
    complaints = (
        (asked.authorization != f"Bearer {key}", INVALID_KEY),
        (
            asked.path not in (TRANSCRIPTIONS, TRANSLATIONS),
            refusal(404, f"Unknown request URL: POST {asked.path}", code="unknown_url"),
        ),
        (
            model not in MODELS,
            refusal(404, f"The model `{model}` does not exist", code="model_not_found"),
        ),
        (
            asked.path == TRANSLATIONS and model != "whisper-large-v3",
            refusal(400, f"model `{model}` does not support `translate`"),
        ),
        (asked.size > LARGEST_FILE, refusal(413, "Request Entity Too Large")),
        (kind not in FORMATS, refusal(400, f"file must be one of: {' '.join(FORMATS)}")),
        (not asked.size, refusal(400, "file is empty")),
        (
            len(asked.field("prompt")) > LONGEST_PROMPT,
            refusal(400, "prompt length must be 896 characters or fewer"),
        ),
    )
    return next((reply for wrong, reply in complaints if wrong), None)


def _verbose(asked: Asked, heard: Heard) -> dict[str, Any]:
    body: dict[str, Any] = {
        "task": "translate" if asked.path == TRANSLATIONS else "transcribe",
        "language": heard.language,
        "duration": heard.seconds,
        "text": "".join(text for _, _, text in heard.segments),
        "segments": [_segment(index, heard) for index in range(len(heard.segments))],
        "x_groq": {"id": "req_of_the_tests"},
    }
    if "word" in asked.fields.get("timestamp_granularities[]", ()):
        spoken = heard.words or [word for one in heard.segments for word in _evenly(*one)]
        body["words"] = [
            {"word": word.strip(), "start": start, "end": end} for start, end, word in spoken
        ]
    return body


def _segment(index: int, heard: Heard) -> dict[str, Any]:
    start, end, text = heard.segments[index]
    return {
        "id": index,
        "seek": 0,
        "start": start,
        "end": end,
        "text": text,
        "tokens": [50365],
        "temperature": 0,
        "avg_logprob": heard.logprob,
        "compression_ratio": 1.4,
        "no_speech_prob": heard.silence,
    }


def _evenly(start: float, end: float, text: str) -> list[tuple[float, float, str]]:
    words = text.split()
    each = (end - start) / max(1, len(words))
    return [(start + n * each, start + (n + 0.9) * each, word) for n, word in enumerate(words)]


def taken_apart(path: str, headers: dict[str, str], body: bytes) -> Asked:
    """A multipart form: fields, and one file."""
    boundary = headers.get("content-type", "").partition("boundary=")[2].encode()
    fields: dict[str, list[str]] = {}
    name, audio = "", b""
    for part in body.split(b"--" + boundary)[1:-1] if boundary else ():
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        said = head.decode().partition("\r\n")[0]
        if 'filename="' in said:
            name, audio = said.partition('filename="')[2].rstrip('"'), content
        else:
            key = said.partition('name="')[2].rstrip('"')
            fields.setdefault(key, []).append(content.decode())
    return Asked(path, headers.get("authorization", ""), fields, name, audio, len(audio))


class GroqTransport(httpx.AsyncBaseTransport):
    """The service in this process: an HTTP client's requests go straight to it."""

    def __init__(self, service: GroqService) -> None:
        self._service = service

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        asked = taken_apart(request.url.path, dict(request.headers), body)
        match await self._service.answer(asked):
            case Reply(status, content, headers):
                return httpx.Response(status, headers=headers, content=content)
            case Cut():
                raise httpx.ReadError("cut off")
            case Hang():
                await asyncio.get_running_loop().create_future()
        raise AssertionError("nothing is left")
