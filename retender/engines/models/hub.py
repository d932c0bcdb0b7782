"""A client of the model hub: which files a model has, and their content."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fnmatch import fnmatch
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import httpx
import msgspec

WANTED: Final = (
    "config.json",
    "model.bin",
    "preprocessor_config.json",
    "tokenizer.json",
    "vocabulary.*",
)
"""Only these files of a repository are downloaded."""

NEEDED: Final = ("config.json", "model.bin", "tokenizer.json")
"""Files without which a model cannot be loaded. The other files are optional."""

CONNECT_SECONDS: Final = 10.0
SILENT_SECONDS: Final = 30.0
LARGEST_LISTING: Final = 4_000_000

_HASH_BLOCK_BYTES: Final = 1 << 20
_BUSY: Final = (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS)


class HubSettings(Protocol):
    @property
    def hub_url(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def proxy(self) -> str | None: ...


class RemoteFile(msgspec.Struct, frozen=True):
    """A file and the hash of its content: SHA-256, or Git's hash for small files."""

    name: str
    size: int
    sha256: str = ""
    git: str = ""

    def is_at(self, path: Path) -> bool:
        if not path.is_file() or path.stat().st_size != self.size:
            return False
        digest = hashlib.sha256()
        if not self.sha256:
            digest = hashlib.sha1(b"blob %d\0" % self.size, usedforsecurity=False)
        with path.open("rb") as file:
            while part := file.read(_HASH_BLOCK_BYTES):
                digest.update(part)
        return digest.hexdigest() == (self.sha256 or self.git)


class Listing(msgspec.Struct, frozen=True):
    revision: str
    files: tuple[RemoteFile, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


class ModelHub:
    """`transport` replaces the network in tests."""

    def __init__(
        self, settings: HubSettings, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        headers = {"Authorization": f"Bearer {settings.token}"} if settings.token else {}
        self._client = httpx.AsyncClient(
            base_url=settings.hub_url,
            headers=headers,
            transport=transport,
            proxy=settings.proxy,
            trust_env=False,
            follow_redirects=True,
            timeout=httpx.Timeout(SILENT_SECONDS, connect=CONNECT_SECONDS),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def listing(self, repository: str) -> Listing:
        """The model's files, at one revision of its repository."""
        body = bytearray()
        url = f"/api/models/{repository}/revision/main?blobs=true"
        async with self._client.stream("GET", url) as response:
            response.raise_for_status()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > LARGEST_LISTING:
                    raise ValueError(f"the hub's answer about {repository} does not end")
        return parse_listing(bytes(body))

    @asynccontextmanager
    async def opened(
        self, repository: str, revision: str, file: RemoteFile, begin: int
    ) -> AsyncIterator[tuple[int, AsyncIterator[bytes]]]:
        """The file's bytes, and their offset: `begin`, or 0 if the hub cannot resume."""
        headers = {"Accept-Encoding": "identity"}
        if begin:
            headers["Range"] = f"bytes={begin}-"
        url = f"/{repository}/resolve/{revision}/{file.name}"
        async with self._client.stream("GET", url, headers=headers) as response:
            response.raise_for_status()
            resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
            yield (begin if resumed else 0), response.aiter_bytes()


def is_transient(error: httpx.HTTPError) -> bool:
    """Whether a retry may succeed: the connection broke, or the hub is overloaded."""
    if isinstance(error, httpx.HTTPStatusError):
        status = error.response.status_code
        return status in _BUSY or status >= httpx.codes.INTERNAL_SERVER_ERROR
    return isinstance(error, httpx.TransportError)


def parse_listing(body: bytes) -> Listing:
    """Raises `ValueError` if the answer has no model."""
    try:
        answer = msgspec.json.decode(body, type=_Repository)
    except msgspec.MsgspecError as error:
        raise ValueError(f"the hub's answer makes no sense: {error}") from error
    files = tuple(
        RemoteFile(
            sibling.rfilename,
            sibling.size,
            sibling.lfs.sha256 if sibling.lfs is not None else "",
            sibling.blobId,
        )
        for sibling in answer.siblings
        if any(fnmatch(sibling.rfilename, wanted) for wanted in WANTED)
        and "/" not in sibling.rfilename
    )
    missing = [name for name in NEEDED if name not in {file.name for file in files}]
    if missing:
        lacks = ", ".join(missing)
        raise ValueError(f"the repository holds no model in CTranslate2's form: it lacks {lacks}")
    return Listing(answer.sha, files)


class _Lfs(msgspec.Struct):
    sha256: str


class _Sibling(msgspec.Struct):
    rfilename: str
    size: int = 0
    blobId: str = ""  # noqa: N815 - the hub calls it so
    lfs: _Lfs | None = None


class _Repository(msgspec.Struct):
    sha: str
    siblings: list[_Sibling]
