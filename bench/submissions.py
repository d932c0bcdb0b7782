"""How fast uploads are answered and health is told while every core transcribes.

    python -m bench.submissions [--quick]

The service is `retender serve` in a process of its own, with the digits model; the recordings are
noise with `vad=no`, so that all of it goes through the model. Clients are bare sockets in this
process: what they take comes on top. Throughput is compared with a bare uvicorn that writes the
same body to the same disk and syncs it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import uvicorn

CLIENTS = 8
MEGABYTE = 1 << 20
RATE = 16_000
LONG = 20 * 60
"""Seconds of noise in the recordings that keep the cores busy."""
BAR = 200.0
BOUNDARY = "bench-boundary"


class Size(NamedTuple):
    uploads: int
    """By each client."""
    looks: int
    body: int
    rounds: int


FULL = Size(uploads=60, looks=1000, body=256 * MEGABYTE, rounds=3)
QUICK = Size(uploads=8, looks=100, body=32 * MEGABYTE, rounds=1)


def noise(size: int) -> bytes:
    """A WAV file of about so many bytes, unlike any other."""
    data = os.urandom(size // 2 * 2)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    body = form + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI4s", b"RIFF", 4 + len(body), b"WAVE") + body


def form(recording: bytes) -> bytes:
    part = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="vad"\r\n\r\nno\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    )
    return part.encode() + recording + f"\r\n--{BOUNDARY}--\r\n".encode()


def post(recording: bytes) -> bytes:
    body = form(recording)
    head = (
        "POST /transcribe-job HTTP/1.1\r\nHost: bench\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection:
    """One that is kept open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.sent = 0.0
        """When the last request was out of our hands."""

    @classmethod
    @asynccontextmanager
    async def to(cls, port: int) -> AsyncIterator[Connection]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield cls(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def ask(self, *parts: bytes) -> int:
        """The status of the answer, once it is here whole."""
        for part in parts:
            self._writer.write(part)
            await self._writer.drain()
        self.sent = time.perf_counter()
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        await self._reader.readexactly(length)
        return int(head.split(" ", 2)[1])


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def milliseconds(values: list[float]) -> str:
    p50, p99 = (percentile(values, share) * 1e3 for share in (0.5, 0.99))
    return f"p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   (bar {BAR:g})   n {len(values)}"


def say(what: str, figures: str) -> None:
    print(f"{what:48} {figures}", flush=True)


@contextmanager
def service(folder: Path) -> Iterator[int]:
    """The port of one."""
    environment = os.environ | {
        "PORT": "0",
        "RETENDER_PROFILE": os.environ.get("RETENDER_PROFILE", "local"),
        "RETENDER_DATA_DIR": str(folder),
        "RETENDER_OFFLINE": "yes",
        "DEFAULT_MODEL": "digits",
        "MAX_CONCURRENT_JOBS": str(os.cpu_count() or 1),
        "MAX_FILE_SIZE_MB": "1024",
        "MAX_QUEUE": "100000",
        "LOG_FORMAT": "json",
    }
    command = [sys.executable, "-c", "from deployments.cli import main; main()", "serve"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            said = json.loads(line)["message"] if line.startswith("{") else ""
            if said.startswith("Retender is up at "):
                break
        else:
            raise SystemExit("the service did not come up")
        drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
        yield int(said.rpartition(":")[2])
        process.send_signal(signal.SIGKILL)
        drain.wait()
    finally:
        process.kill()
        process.wait()


class Client:
    def __init__(self, port: int) -> None:
        self.port = port
        self._http = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=60.0, trust_env=False
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def queue(self) -> dict[str, Any]:
        queue: dict[str, Any] = (await self._http.get("/queue/info")).json()["queue"]
        return queue

    async def keep_busy(self) -> None:
        """Always more waiting than the cores can do."""
        while True:
            if (await self.queue())["audio_seconds_waiting"] < 2 * LONG:
                recording = await asyncio.to_thread(noise, LONG * RATE * 2)
                async with Connection.to(self.port) as connection:
                    assert await connection.ask(post(recording)) == 202
            await asyncio.sleep(0.5)

    async def until_at_work(self) -> None:
        while (await self.queue())["audio_seconds_waiting"] < LONG:  # noqa: ASYNC110 - it is another process' doing
            await asyncio.sleep(0.2)


async def submissions(client: Client, size: Size) -> tuple[list[float], list[float]]:
    """From the first byte to the answer, and from when the body was out of the client's hands."""
    took: list[float] = []
    waited: list[float] = []

    async def one() -> None:
        async with Connection.to(client.port) as connection:
            for _ in range(size.uploads):
                request = post(noise(MEGABYTE))
                start = time.perf_counter()
                assert await connection.ask(request) == 202
                took.append(time.perf_counter() - start)
                waited.append(time.perf_counter() - connection.sent)

    await asyncio.gather(*(one() for _ in range(CLIENTS)))
    return took, waited


async def looks(client: Client, size: Size) -> list[float]:
    took: list[float] = []
    async with Connection.to(client.port) as connection:
        for _ in range(size.looks):
            start = time.perf_counter()
            assert await connection.ask(b"GET /health HTTP/1.1\r\nHost: bench\r\n\r\n") == 200
            took.append(time.perf_counter() - start)
            await asyncio.sleep(0.01)
    return took


async def whole_uploads(port: int, path: str, size: Size) -> float:
    """Megabytes a second, at best."""
    block, best = os.urandom(MEGABYTE), 0.0
    for _ in range(size.rounds):
        first = noise(MEGABYTE)
        blocks = size.body // MEGABYTE - 1
        head = (
            f"PUT {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: audio/wav\r\n"
            f"Content-Length: {len(first) + blocks * len(block)}\r\n\r\n"
        )
        async with Connection.to(port) as connection:
            start = time.perf_counter()
            assert await connection.ask(head.encode(), first, *[block] * blocks) < 300
            best = max(best, size.body / MEGABYTE / (time.perf_counter() - start))
    return best


def plain(folder: Path) -> Callable[..., Awaitable[None]]:
    """What an upload costs at the least."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        with (folder / "plain").open("wb") as file:
            more = True
            while more:
                message = await receive()
                file.write(message["body"])
                more = message["more_body"]
            file.flush()
            os.fsync(file.fileno())
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
        )
        await send({"type": "http.response.body", "body": b""})

    return app


@contextmanager
def plain_server(folder: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "bench.submissions", "--plain", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def serve_plain(folder: Path) -> None:
    config = uvicorn.Config(plain(folder), log_level="warning", lifespan="off", port=0)
    listener = config.bind_socket()
    listener.listen()
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(config).run(sockets=[listener])


async def main(size: Size, folder: Path) -> None:
    with plain_server(folder) as port:
        bare = await whole_uploads(port, "/", size)
    with service(folder / "data") as port:
        ours = await whole_uploads(port, "/transcribe-job?filename=a.wav", size)
        figures = f"{ours:6.0f} MB/s   bare uvicorn {bare:6.0f}   ratio {ours / bare:.2f} (aim 0.8)"
        say("one large upload, nothing else going on", figures)
    with service(folder / "busy") as port:
        client = Client(port)
        say("health, nothing else going on", milliseconds(await looks(client, size)))
        busy = asyncio.create_task(client.keep_busy())
        await client.until_at_work()
        say("health, every core transcribes", milliseconds(await looks(client, size)))
        took, waited = await submissions(client, size)
        say(f"1 MB uploads, {CLIENTS} clients, every core transcribes", milliseconds(took))
        say("    from the body's end to the answer", milliseconds(waited))
        busy.cancel()
        await asyncio.wait({busy})
        await client.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--plain"]:
        serve_plain(Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as name:
            asyncio.run(main(QUICK if "--quick" in sys.argv else FULL, Path(name)))
