"""`retender keys` and `retender models`."""

from __future__ import annotations

import asyncio
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx

from tests.support.engines.model_hub import FILES, ModelHub
from tests.support.http.command import DEADLINE, retender, serving_beside, until


async def test_a_key_is_shown_once_and_lets_its_holder_in_until_it_is_taken_back(
    tmp_path: Path,
) -> None:
    async with serving_beside(tmp_path) as service:
        made = await retender(tmp_path, "keys", "create", "--name", "website")
        assert made.code == 0
        key = made.out.strip()
        async with httpx.AsyncClient(
            base_url=service.url, timeout=DEADLINE, trust_env=False
        ) as http:
            await _until(http, "/jobs", {}, 401)
            bearer = {"Authorization": f"Bearer {key}"}
            await _until(http, "/jobs", bearer, 200)
            assert (await http.get("/metrics", headers=bearer)).status_code in {200, 403}
            listed = await retender(tmp_path, "keys", "list")
            assert key not in listed.out
            key_id, name, may, *_ = listed.out.strip().split("\t")
            assert (name, may) == ("website", "submit, read")
            assert (await retender(tmp_path, "keys", "revoke", key_id)).code == 0
            await _until(http, "/jobs", bearer, 401)
    assert "revoked" in (await retender(tmp_path, "keys", "list")).out


async def test_what_may_be_done_with_a_key_can_be_said(tmp_path: Path) -> None:
    made = await retender(tmp_path, "keys", "create", "--scope", "read", "--owner", "ana")
    assert "it may read" in made.err
    assert (await retender(tmp_path, "keys", "list")).out.split("\t")[2:4] == ["read", "ana"]
    assert (await retender(tmp_path, "keys", "create", "--scope", "write")).code == 2


async def test_a_key_that_is_not_there_cannot_be_taken_back(tmp_path: Path) -> None:
    done = await retender(tmp_path, "keys", "revoke", "0123456789ab")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("there is no key 0123456789ab in ")


async def test_the_models_of_this_machine_are_listed_without_a_service(tmp_path: Path) -> None:
    done = await retender(tmp_path, "models", "list", HF_HUB_CACHE=str(tmp_path))
    rows = [line.split("\t") for line in done.out.splitlines()]
    assert rows[0][:2] == ["digits", "yes"]
    assert rows[0][2].endswith(" MB")
    assert ["medium", "", "", ""] in rows


async def test_a_model_is_loaded_and_given_up_by_the_service(tmp_path: Path) -> None:
    async with serving_beside(tmp_path):
        await until(lambda: _loads(tmp_path))
        await _memory(tmp_path, "loaded")
        assert (await retender(tmp_path, "models", "unload", "digits")).code == 0
        await _memory(tmp_path, "")
        unknown = await retender(tmp_path, "models", "load", "smal")
    assert (unknown.code, unknown.out) == (1, "")
    assert unknown.err == "there is no model 'smal'; the nearest is 'small'\n"


async def test_a_model_is_fetched_without_a_service(tmp_path: Path) -> None:
    hub = ModelHub()
    with _Hub(hub) as url:
        given = {"HF_ENDPOINT": url, "HF_HUB_CACHE": str(tmp_path / "none"), "RETENDER_OFFLINE": ""}
        done = await retender(tmp_path, "models", "download", "tiny.en", **given)
        assert done.code == 0, done.err
        place = Path(done.out.strip())
        assert (place / "model.bin").read_bytes() == FILES["model.bin"]
        # What is here is not asked for again.
        asked = len(hub.asked)
        assert (await retender(tmp_path, "models", "download", "tiny.en", **given)).code == 0
        assert len(hub.asked) == asked
    unknown = await retender(tmp_path, "models", "download", "smal", **given)
    assert unknown == (1, "", "there is no model 'smal'; the nearest is 'small'\n")


async def test_a_model_that_may_not_be_fetched_says_what_to_do(tmp_path: Path) -> None:
    given = {"HF_HUB_CACHE": str(tmp_path / "none")}
    done = await retender(tmp_path, "models", "download", "tiny", **given)
    assert (done.code, done.out) == (1, "")
    assert "downloading is switched off" in done.err
    assert str(tmp_path / "models" / "tiny") in done.err


async def _until(http: httpx.AsyncClient, path: str, headers: dict[str, str], status: int) -> None:
    async def so() -> bool:
        return (await http.get(path, headers=headers)).status_code == status

    await until(so)


async def _loads(folder: Path) -> bool:
    """Not as long as the worker is still on its way."""
    return (await retender(folder, "models", "load", "digits")).code == 0


async def _memory(folder: Path, state: str) -> None:
    """Wait until the service says so of its first model."""

    async def so() -> bool:
        listed = (await retender(folder, "models", "list")).out.splitlines()
        held = next(line for line in listed if line.startswith("digits\t")).split("\t")[3]
        return state in held if state else not held

    await until(so)


class _Hub:
    """The hub that fits in memory, behind a port."""

    def __init__(self, hub: ModelHub) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = httpx.Request("GET", f"http://hub{self.path}", headers=dict(self.headers))
                status, body = asyncio.run(_answered(hub, asked))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """To nobody."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


async def _answered(hub: ModelHub, asked: httpx.Request) -> tuple[int, bytes]:
    answer = await hub.handle_async_request(asked)
    return answer.status_code, await answer.aread()
