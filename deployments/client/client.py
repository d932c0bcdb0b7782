"""HTTP client of the service, used by the commands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import httpx
import msgspec

from deployments.limits import RETURN_SECONDS, SUBMIT_RETRIES
from deployments.serving.address import is_local
from retender.errors import ErrorValue, RetenderError, Unauthorized
from retender.outbound.tls import trust

Body = dict[str, Any]
Sent = Callable[[float], None]
"""Called with the share of the recording that has been sent, from 0 to 1."""

CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 60.0
ALIVE_SECONDS: Final = 10.0
"""A closed port is refused at once; a busy machine may take long to answer."""

RETRIED: Final = frozenset(
    {
        *("no_service", "starting", "draining", "queue_full", "rate_limited", "busy"),
        *("actor_gone", "no_answer"),
    }
)


class NoService(RetenderError):
    """Nothing answers at the address, or something else than Retender."""

    code = "no_service"


class Client:
    """`transport` replaces the network in tests."""

    def __init__(
        self,
        url: str,
        key: str = "",
        language: str = "en",
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.headers = {"Accept-Language": language}
        if key:
            self.headers["Authorization"] = f"Bearer {key}"
        local = is_local(self.url)
        self._http = httpx.AsyncClient(
            headers=self.headers,
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            verify=trust() if local else True,
            trust_env=not local,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def is_alive(self, within: float) -> bool:
        """True if Retender answers at the address."""
        try:
            answer = await self._http.get(f"{self.url}/health/live", timeout=within)
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return answer.is_success and answer.content == b'{"status":"live"}'

    async def submit(
        self, source: Path | str, fields: Mapping[str, str], token: str, sent: Sent
    ) -> str:
        """Submit; return the job's id. `token` is the idempotency key: after a broken connection or
        a full queue the submission is repeated and stays the same job."""
        for tries in range(SUBMIT_RETRIES - 1):
            try:
                return await self._submit(source, fields, token, sent)
            except RetenderError as error:
                if error.code not in RETRIED:
                    raise
                pause = min(RETURN_SECONDS, 0.5 * 2**tries)
                await asyncio.sleep(pause if error.retry_after is None else error.retry_after)
        return await self._submit(source, fields, token, sent)

    async def job(self, job_id: str) -> Body:
        """Without its result: `result` gets that."""
        return await self._body("GET", f"/job/{job_id}", params={"text": "false"})

    async def jobs(self, status: str | None, limit: int) -> list[Body]:
        """The newest first."""
        asked = {"limit": str(limit)} | ({} if status is None else {"status": status})
        found: list[Body] = (await self._body("GET", "/jobs", params=asked))["jobs"]
        return found

    async def cancel(self, job_id: str) -> None:
        await self.ask("DELETE", f"/job/{job_id}")

    async def retry(self, job_id: str) -> None:
        await self.ask("POST", f"/job/{job_id}/retry")

    async def result(self, job_id: str, kind: str) -> str:
        answer = await self.ask("GET", f"/job/{job_id}/result", params={"format": kind})
        return answer.content.decode()

    async def search(self, words: str, limit: int) -> list[Body]:
        """Jobs whose name or text has these words, each with where it has them."""
        asked = {"q": words, "limit": str(limit)}
        found: list[Body] = (await self._body("GET", "/jobs", params=asked))["jobs"]
        return found

    async def transcript(self, job_id: str) -> Body:
        """The latest version, with edits."""
        return await self._body("GET", f"/job/{job_id}/transcript")

    async def models(self) -> list[Body]:
        found: list[Body] = (await self._body("GET", "/models"))["models"]
        return found

    async def load_model(self, name: str) -> list[str]:
        """Return the workers that will load it."""
        workers: list[str] = (await self._body("POST", f"/models/{name}/load"))["workers"]
        return workers

    async def unload_model(self, name: str) -> list[str]:
        workers: list[str] = (await self._body("DELETE", f"/models/{name}"))["workers"]
        return workers

    async def retry_convex(self) -> int:
        """Send what Convex has refused; return how many jobs that are."""
        retried: int = (await self._body("POST", "/convex/retry"))["retried"]
        return retried

    async def _submit(
        self, source: Path | str, fields: Mapping[str, str], token: str, sent: Sent
    ) -> str:
        form: list[tuple[str, Any]] = [(name, (None, value)) for name, value in fields.items()]
        with ExitStack() as opened:
            if isinstance(source, Path):
                file = opened.enter_context(source.open("rb"))
                form.append(("file", (source.name, _Counted(file, sent))))
            else:
                form.append(("url", (None, source)))
            body = await self._body(
                "POST", "/transcribe-job", files=form, headers={"Idempotency-Key": token}
            )
        return str(body["job_id"])

    async def _body(self, method: str, path: str, **asked: Any) -> Body:
        answer = await self.ask(method, path, **asked)
        try:
            return msgspec.json.decode(answer.content, type=Body)
        except msgspec.DecodeError as error:
            raise NoService(f"what answers at {self.url} is not Retender") from error

    async def ask(self, method: str, path: str, **asked: Any) -> httpx.Response:
        """One request. Raises the error in the service's answer, or `NoService`."""
        try:
            answer = await self._http.request(method, f"{self.url}{path}", **asked)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = str(error) or type(error).__name__
            raise NoService(f"no service answers at {self.url} ({why})") from error
        if not answer.is_success:
            raise self._refusal(answer)
        return answer

    def _refusal(self, answer: httpx.Response) -> RetenderError:
        try:
            said = msgspec.json.decode(answer.content, type=_Refusal).error
        except msgspec.DecodeError:
            return NoService(f"{self.url} answers {answer.status_code}, and not as Retender does")
        error = RetenderError.from_value(said)
        if isinstance(error, Unauthorized):
            hint = "give one with --key or RETENDER_KEY; `retender keys create` makes one"
            return Unauthorized(f"{error.message} ({hint})")
        return error


class _Refusal(msgspec.Struct):
    error: ErrorValue


class _Counted:
    """A file that reports how much of it has been read."""

    def __init__(self, file: BinaryIO, sent: Sent) -> None:
        self._file = file
        self._sent = sent
        self._size = max(1, Path(file.name).stat().st_size)
        self._read = 0

    def fileno(self) -> int:
        """httpx asks the descriptor for the length."""
        return self._file.fileno()

    def seek(self, offset: int, whence: int = 0) -> int:
        self._read = 0
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._read += len(data)
        self._sent(min(1.0, self._read / self._size))
        return data


async def first_alive(
    urls: Sequence[str], key: str, language: str, within: float = ALIVE_SECONDS
) -> Client | None:
    """A client for the first address at which a service answers."""
    for url in urls:
        client = Client(url, key, language)
        if await client.is_alive(within):
            return client
        await client.close()
    return None
