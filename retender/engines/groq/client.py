"""Sends one request to Groq: the file is read while it is sent.

The SDK does not retry: the engine decides about retries, since it knows the rate limits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import groq
import httpx

from retender.engines.groq.answers import Answer, parse
from retender.engines.groq.failures import GroqFailed, from_connection, from_status
from retender.engines.groq.settings import GroqSettings
from retender.engines.usage_ledger import Charge
from retender.errors import EngineFailed, EngineUnavailable, UploadExpired
from retender.jobs.job import Options, Task
from retender.outbound.tls import trust

ANSWER_BYTES: Final = 32 * 1024 * 1024
"""The longest accepted answer: several times that of a day of speech."""

PROMPT_CHARS: Final = 896
"""Groq refuses longer prompts. Whisper uses the end of a prompt, so the end is kept."""

_NOT_ALLOWED: Final = (401, 403)

CONNECT_SECONDS: Final = 10.0
WRITE_SECONDS: Final = 60.0


class AudioFile(NamedTuple):
    """A file to send, and a name that shows Groq its format."""

    path: Path
    name: str
    words: bool
    """Whether to ask for the time of each word."""


class GroqClient:
    """`transport` replaces the network in tests."""

    def __init__(
        self, settings: GroqSettings, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        if not settings.api_key.strip():
            raise EngineUnavailable("there is no API key for Groq: set GROQ_API_KEY")
        self._deadline = settings.limits.longest_request
        timeout = httpx.Timeout(
            settings.answer_seconds, connect=CONNECT_SECONDS, write=WRITE_SECONDS
        )
        self._groq = groq.AsyncGroq(
            api_key=settings.api_key.strip(),
            base_url=settings.address,
            max_retries=0,
            timeout=timeout,
            http_client=httpx.AsyncClient(
                transport=transport,
                proxy=settings.proxy,
                verify=trust(),
                trust_env=False,
                timeout=timeout,
                limits=httpx.Limits(max_connections=settings.lanes),
            ),
        )

    async def close(self) -> None:
        await self._groq.close()

    async def check(self) -> None:
        """Ask Groq whether it accepts our requests. An unclear answer counts as yes."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._groq.models.list()
        except TimeoutError:
            slow = EngineUnavailable(f"Groq does not answer within {CONNECT_SECONDS:g} s")
            raise GroqFailed(slow.failure(), Charge.NOTHING) from None
        except groq.APIStatusError as error:
            if error.status_code in _NOT_ALLOWED:
                raise from_status(error) from error
        except (groq.APIConnectionError, httpx.HTTPError) as error:
            raise from_connection(error) from error
        except groq.GroqError:
            return

    async def recognise(self, audio_file: AudioFile, model: str, options: Options) -> Answer:
        """Cancelling it closes the connection."""
        with await asyncio.to_thread(_opened, audio_file.path) as file:
            fields = _fields(model, options, words=audio_file.words)
            try:
                async with asyncio.timeout(self._deadline):
                    return parse(await self._post(file, audio_file.name, options.task, fields))
            except TimeoutError as error:
                late = EngineFailed(f"Groq did not answer within {self._deadline:g} s")
                raise GroqFailed(late.failure()) from error
            except groq.APIStatusError as error:
                raise from_status(error) from error
            except (groq.APIConnectionError, httpx.HTTPError) as error:
                raise from_connection(error) from error

    async def _post(
        self, file: BinaryIO, name: str, task: Task, fields: Mapping[str, Any]
    ) -> bytes:
        audio = self._groq.audio
        sent: AbstractAsyncContextManager[groq.AsyncAPIResponse[Any]]
        if task is Task.TRANSLATE:
            sent = audio.translations.with_streaming_response.create(file=(name, file), **fields)
        else:
            sent = audio.transcriptions.with_streaming_response.create(file=(name, file), **fields)
        body = bytearray()
        async with sent as response:
            async for part in response.iter_bytes():
                body += part
                if len(body) > ANSWER_BYTES:
                    endless = EngineFailed(f"Groq's answer has more than {ANSWER_BYTES} bytes")
                    raise GroqFailed(endless.failure())
        return bytes(body)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        gone = UploadExpired("the audio of this job is no longer here")
        raise GroqFailed(gone.failure(), Charge.NOTHING) from error


def _fields(model: str, options: Options, *, words: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "model": model,
        "response_format": "verbose_json",
        "temperature": options.temperature,
    }
    if prompt := _prompt(options):
        fields["prompt"] = prompt
    if options.task is not Task.TRANSLATE:
        fields["timestamp_granularities"] = ["word", "segment"] if words else ["segment"]
        if options.language != "auto":
            fields["language"] = options.language
    return fields


def _prompt(options: Options) -> str:
    """Groq has no hotwords: they are put before the prompt, as if it were earlier text."""
    prompt = " ".join(f"{options.hotwords} {options.prompt}".split())
    if len(prompt) <= PROMPT_CHARS:
        return prompt
    end = prompt[-PROMPT_CHARS:]
    return end.partition(" ")[2] or end
