"""Submissions by resumable upload (tus).

What has arrived is never sent again, neither after a broken connection nor after this process was
killed. The idempotency key finds the upload, so nothing about it is kept here.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from deployments.client.client import RETRIED, Client, Sent
from deployments.limits import RETURN_SECONDS, SUBMIT_RETRIES, UPLOAD_PART_BYTES
from retender.errors import RetenderError

_TUS: Final = {"Tus-Resumable": "1.0.0"}
_PART: Final = _TUS | {"Content-Type": "application/offset+octet-stream"}
_RETRIED: Final = RETRIED | {"upload_locked", "upload_stalled", "wrong_offset"}


async def submit_resumably(
    client: Client, file: Path, fields: Mapping[str, str], token: str, sent: Sent
) -> str:
    """Return the job's id. `token` is the idempotency key. Gives up after `SUBMIT_RETRIES` attempts
    in a row that brought nothing forward. Raises `UploadExpired` if the upload was not finished in
    time: another token begins another."""
    upload = _Upload(client, file, fields, token, sent)
    failures = 0
    while True:
        reached = upload.offset
        try:
            return await upload.run()
        except RetenderError as error:
            failures = 1 if upload.offset > reached else failures + 1
            if error.code not in _RETRIED or failures >= SUBMIT_RETRIES:
                raise
            pause = min(RETURN_SECONDS, 0.5 * 2 ** (failures - 1))
            await asyncio.sleep(pause if error.retry_after is None else error.retry_after)


class _Upload:
    def __init__(
        self, client: Client, file: Path, fields: Mapping[str, str], token: str, sent: Sent
    ) -> None:
        self._client = client
        self._file = file
        self._size = file.stat().st_size
        self._sent = sent
        given = {"filename": file.name, **fields}
        self._headers = _TUS | {
            "Idempotency-Key": token,
            "Upload-Length": str(self._size),
            "Upload-Metadata": ",".join(f"{name} {_encoded(given[name])}" for name in given),
        }
        self.offset = 0

    async def run(self) -> str:
        """Ask where the upload is, and send the rest."""
        answer = await self._client.ask("POST", "/uploads", headers=self._headers)
        self.offset = int(answer.headers["Upload-Offset"])
        path = urlsplit(answer.headers["Location"]).path
        with self._file.open("rb") as file:
            file.seek(self.offset)
            while self.offset < self._size:
                part = await asyncio.to_thread(file.read, UPLOAD_PART_BYTES)
                headers = _PART | {"Upload-Offset": str(self.offset)}
                taken = await self._client.ask("PATCH", path, content=part, headers=headers)
                self.offset = int(taken.headers["Upload-Offset"])
                self._sent(self.offset / self._size)
        return str(answer.headers["Retender-Job-Id"])


def _encoded(value: str) -> str:
    return base64.b64encode(value.encode()).decode()
