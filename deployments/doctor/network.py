"""Checks beyond this process: a running service, the port, the model hub, Groq."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import httpx
import msgspec

from deployments.client.client import first_alive
from deployments.doctor.finding import Finding, bad, doubtful, good
from deployments.serving.address import candidates
from deployments.serving.web import listen
from deployments.settings import BadSetting, Settings
from deployments.wiring import groq as groq_here
from deployments.wiring import recognition
from deployments.wiring.whisper import default_model, library
from retender.engines.models.library import Library
from retender.journal.lock import LockHolder
from retender.outbound.tls import trust
from retender.storage import file_lock

ANSWER_SECONDS: Final = 5.0

_PROXY: Final = "Look at the network of this machine; HTTPS_PROXY names a proxy."


async def service(settings: Settings) -> Finding:
    """A running service holds port and journal; otherwise both must be free."""
    client = await first_alive(candidates(settings), "", "en")
    if client is not None:
        async with client:
            return good("service", f"it runs at {client.url}")
    if (holder := _journal_held_by(settings.data_dir.absolute())) is not None:
        return bad(
            "service",
            f"the journal is held by {holder}, and no service answers",
            "End that process, or wait until it is up; only one may have the journal open.",
        )
    try:
        listen(settings.host, settings.port).close()
    except BadSetting as error:
        return bad("service", error.found, error.advice)
    return good("service", f"it does not run; {settings.host}:{settings.port} is free for it")


async def hub(settings: Settings) -> Finding | None:
    """The model hub can be reached; only a warning if the model is already on disk."""
    if not recognition.offered(settings):
        return None
    if settings.offline:
        return good("model hub", "switched off (RETENDER_OFFLINE)")
    here = library(settings)
    trouble = await _trouble(here.hub_url, here.proxy)
    if trouble is None:
        return good("model hub", f"{here.hub_url} can be reached")
    wrong = doubtful if Library(here).find(default_model(settings)) is not None else bad
    return wrong("model hub", f"{here.hub_url} cannot be reached: {trouble}", _PROXY)


async def groq(settings: Settings) -> Finding | None:
    if not groq_here.set_up(settings):
        return None
    account = groq_here.account(settings)
    headers = {"Authorization": f"Bearer {account.api_key}"}
    url = f"{account.address}/openai/v1/models"
    try:
        async with _client(account.proxy) as http:
            answer = await http.get(url, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        wrong = doubtful if recognition.offered(settings) else bad
        return wrong("groq", f"{account.address} cannot be reached: {_why(error)}", _PROXY)
    if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return bad("groq", "it refuses the key", "Set GROQ_API_KEY to one that is good.")
    if not answer.is_success:
        return doubtful("groq", f"{url} answers {answer.status_code}", "Try again in a while.")
    return good("groq", f"{account.address} takes the key")


async def _trouble(url: str, proxy: str | None) -> str | None:
    """Why the address cannot be reached; None if anything answers."""
    try:
        async with _client(proxy) as http:
            await http.head(url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _why(error)
    return None


def _client(proxy: str | None) -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=ANSWER_SECONDS, proxy=proxy, verify=trust(), trust_env=False)


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__


def _journal_held_by(folder: Path) -> str | None:
    """Who holds the journal's lock: tried with a shared lock, which is released at once."""
    try:
        descriptor = os.open(folder / "journal.db.lock", os.O_RDONLY)
    except OSError:
        return None
    try:
        if file_lock.try_lock(descriptor, shared=True):
            return None
        holder = msgspec.json.decode(os.pread(descriptor, 4096, 0), type=LockHolder)
    except msgspec.MsgspecError:
        return "another process"
    finally:
        os.close(descriptor)
    return f"process {holder.pid} on {holder.host}"
