"""The model hub: which files a model has, and their content."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import httpx
import msgspec

from retender import foreign_json
from retender.engines.models import names
from retender.engines.models.sources import http
from retender.engines.models.sources.api import NEEDED, WANTED, ModelFiles, RemoteFile
from retender.engines.models.sources.upstream import UPSTREAM, Upstream

LARGEST_LISTING: Final = 4_000_000


class HubSettings(Protocol):
    @property
    def hub_url(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def proxy(self) -> str | None: ...


class HuggingFaceHub:
    """`transport` replaces the network in tests."""

    def __init__(
        self, settings: HubSettings, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._settings = settings
        self._transport = transport
        self.title = urlsplit(settings.hub_url).hostname or settings.hub_url

    def offers(self, name: str) -> bool:
        return names.repository(name) is not None

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[_FromHub]:
        repository = names.repository(name)
        assert repository is not None
        settings, known = self._settings, UPSTREAM.get(names.canonical(name))
        headers = {"Authorization": f"Bearer {settings.token}"} if settings.token else {}
        async with http.new_client(
            settings.hub_url, headers=headers, transport=self._transport, proxy=settings.proxy
        ) as client:
            yield _FromHub(client, repository, known)


class _FromHub:
    def __init__(self, client: httpx.AsyncClient, repository: str, known: Upstream | None) -> None:
        self._client = client
        self._repository = repository
        self._revision = "main" if known is None else known.revision

    async def listing(self) -> ModelFiles:
        """The model's files, at one revision of its repository."""
        url = f"/api/models/{self._repository}/revision/{self._revision}?blobs=true"
        _, body = await http.read_bounded(self._client, url, LARGEST_LISTING)
        listing = parse_listing(body)
        self._revision = listing.revision
        return listing

    def opened(
        self, file: RemoteFile, begin: int
    ) -> AbstractAsyncContextManager[tuple[int, AsyncIterator[bytes]]]:
        url = f"/{self._repository}/resolve/{self._revision}/{file.name}"
        return http.resumed(self._client, url, begin)

    def unpack(self, folder: Path) -> None:
        """Its files are those of the model already."""


def parse_listing(body: bytes) -> ModelFiles:
    """Raises `ValueError` if the answer has no model."""
    try:
        answer = foreign_json.decode(body, _Repository)
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
    return ModelFiles(answer.sha, files)


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
