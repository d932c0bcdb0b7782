"""The work of `retender watch-folder`, look after look."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

import msgspec

from deployments.client.by_service import failure_of
from deployments.client.cause import cause
from deployments.client.client import Body, Client, NoService
from deployments.client.following import follow
from deployments.client.resumable import submit_resumably
from deployments.limits import FILES_AT_ONCE
from deployments.watch_folder.arrivals import Arrivals, Look, recordings
from deployments.watch_folder.records import Record, Records, write_whole
from retender.errors import JobNotFound, RetenderError, Unauthorized, UploadExpired
from retender.jobs.states import Status
from retender.transcript.formats import ENDINGS, Format

READ_BYTES: Final = 1 << 20
ERROR_ENDING: Final = "error.txt"
"""Beside the results of a recording that failed: why."""

Tell = Callable[[str], None]


class WantedResults(msgspec.Struct, frozen=True):
    """What is to be made of each recording."""

    fields: Mapping[str, str]
    """As in a submission form."""
    kinds: tuple[Format, ...]

    @property
    def digest(self) -> str:
        known = msgspec.json.encode((sorted(self.fields.items()), sorted(self.kinds)))
        return hashlib.sha256(known).hexdigest()[:16]

    def token(self, content: str, attempt: int) -> str:
        """The idempotency key: the same recording under the same options is the same job."""
        known = msgspec.json.encode((content, sorted(self.fields.items()), attempt))
        return f"watch-folder-{hashlib.sha256(known).hexdigest()[:40]}"


class Folders(NamedTuple):
    source: Path
    out: Path


class Watcher:
    def __init__(
        self, client: Client, folders: Folders, wanted: WantedResults, settle: float, tell: Tell
    ) -> None:
        self._client = client
        self._source, self._out = folders
        self._wanted = wanted
        self._arrivals = Arrivals(settle)
        self._tell = tell
        self._records = Records(self._out)
        self._stems: dict[str, str] = {}
        """Whose results begin so."""
        self._slots = asyncio.Semaphore(FILES_AT_ONCE)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._away: str = ""

    async def once(self) -> bool:
        """Do what has arrived until now. False if a recording of the folder has failed, now or
        before, or if the service did not answer."""
        self._begin(await self._look())
        await self._rest()
        return not self._away and not await asyncio.to_thread(self._failed)

    async def run(self, every: float) -> None:
        """Until cancelled."""
        try:
            while True:
                self._begin(await self._look())
                await asyncio.sleep(every)
        finally:
            for task in self._under_way.values():
                task.cancel()
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def retry_failed(self) -> None:
        """Have the recordings that failed done again."""
        for record in [each for each in self._records.all() if each.status == "failed"]:
            if record.job_id:
                with suppress(RetenderError):
                    await self._client.retry(record.job_id)
            again = msgspec.structs.replace(record, status="sending", error="")
            await asyncio.to_thread(self._records.write, again)

    async def _look(self) -> dict[str, Look]:
        """The recordings that are whole and are to be done."""

        def look() -> dict[str, Look]:
            found = recordings(self._source)
            whole = self._arrivals.settled(found, time.monotonic(), time.time())
            return {name: found[name] for name in whole if self._is_open(name, found[name])}

        return await asyncio.to_thread(look)

    def _is_open(self, name: str, look: Look) -> bool:
        if name in self._under_way:
            return False
        record = self._records.read(name)
        if record is None or not record.is_of(look, self._wanted.digest):
            return True
        if record.status == "done":
            return not all((self._out / result).is_file() for result in record.results)
        return record.status == "sending"

    def _failed(self) -> list[str]:
        there = recordings(self._source)
        return [
            record.source
            for record in self._records.all()
            if record.status == "failed"
            and record.source in there
            and record.is_of(there[record.source], self._wanted.digest)
        ]

    def _begin(self, found: Mapping[str, Look]) -> None:
        for name, look in found.items():
            task = asyncio.create_task(self._one(name, look))
            self._under_way[name] = task
            task.add_done_callback(lambda _, name=name: self._under_way.pop(name, None))  # type: ignore[misc]

    async def _rest(self) -> None:
        while self._under_way:
            done, _ = await asyncio.wait(self._under_way.values())
            for task in done:
                task.result()

    async def _one(self, name: str, look: Look) -> None:
        async with self._slots:
            before = await asyncio.to_thread(self._records.read, name)
            record = self._opened(name, look, before)
            try:
                try:
                    await self._transcribe(record)
                except (UploadExpired, JobNotFound):
                    # The service knows the idempotency key, and no longer has what belongs to it.
                    record = msgspec.structs.replace(record, attempt=record.attempt + 1)
                    await self._transcribe(record)
                self._away = ""
            except (NoService, Unauthorized) as error:
                self._unreachable(error)
            except FileNotFoundError:
                return  # it was taken away meanwhile
            except (RetenderError, OSError) as error:
                await self._give_up(record, error)

    def _opened(self, name: str, look: Look, before: Record | None) -> Record:
        """A record to begin with; a result keeps its name when its recording changes."""
        same = before is not None and before.is_of(look, self._wanted.digest)
        return Record(
            source=name,
            size=look.size,
            changed_ns=look.changed_ns,
            options=self._wanted.digest,
            status="sending",
            stem=before.stem if before is not None and before.stem else self._stem(name),
            attempt=before.attempt if before is not None and same else 0,
        )

    def _stem(self, name: str) -> str:
        """`talks/a.mp3` has the results `talks/a.srt`…, unless another recording has them."""
        if not self._stems:
            self._stems = {record.stem: record.source for record in self._records.all()}
        short = str(PurePosixPath(name).with_suffix(""))
        stem = short if self._stems.get(short, name) == name else name
        self._stems[stem] = name
        return stem

    async def _transcribe(self, record: Record) -> None:
        await asyncio.to_thread(self._records.write, record)
        file = self._source / record.source
        content = await asyncio.to_thread(_digest, file)
        token = self._wanted.token(content, record.attempt)
        self._tell(f"… {record.source}")
        job_id = await submit_resumably(
            self._client, file, self._wanted.fields, token, lambda _: None
        )
        record = msgspec.structs.replace(record, job_id=job_id)
        body = await self._end_of(job_id)
        if body["status"] != Status.COMPLETED:
            await self._give_up(record, RetenderError(failure_of(body)))
            return
        results = [await self._result(record, kind) for kind in self._wanted.kinds]
        done = msgspec.structs.replace(record, status="done", results=tuple(results))
        await asyncio.to_thread(self._records.write, done)
        await asyncio.to_thread((self._out / f"{record.stem}.{ERROR_ENDING}").unlink, True)
        self._tell(f"✓ {record.source} → {', '.join(results)}")

    async def _end_of(self, job_id: str) -> Body:
        async with aclosing(follow(self._client, job_id)) as messages:
            async for _ in messages:
                pass
        return await self._client.job(job_id)

    async def _result(self, record: Record, kind: Format) -> str:
        text = await self._client.result(record.job_id, kind)
        name = f"{record.stem}.{_ending(kind, self._wanted.kinds)}"
        await asyncio.to_thread(write_whole, self._out / name, text.encode())
        return name

    async def _give_up(self, record: Record, error: Exception) -> None:
        """The recording stays where it is; it is tried again if it changes, or if asked for."""
        why = cause(error)
        failed = msgspec.structs.replace(record, status="failed", error=why)

        def note() -> None:
            write_whole(self._out / f"{record.stem}.{ERROR_ENDING}", f"{why}\n".encode())
            self._records.write(failed)

        await asyncio.to_thread(note)
        self._tell(f"✗ {record.source}: {why}")

    def _unreachable(self, error: RetenderError) -> None:
        """Said once: its recordings stay open, and the next look tries again."""
        if self._away != error.message:
            self._away = error.message
            self._tell(f"waiting: {cause(error)}")


def _ending(kind: Format, kinds: Sequence[Format]) -> str:
    """Both kinds of JSON would have the same."""
    return kind if kind == "verbose_json" and "json" in kinds else ENDINGS.get(kind, kind)


def _digest(file: Path) -> str:
    known = hashlib.sha256()
    with file.open("rb") as source:
        while data := source.read(READ_BYTES):
            known.update(data)
    return known.hexdigest()
