"""Keys in a file that changes while the service runs."""

from __future__ import annotations

import asyncio
import multiprocessing
import secrets
import stat
from pathlib import Path

import pytest

from retender.errors import BadRequest, KeysUnreadable
from serve_app.access.api_keys import Key, Scope, make
from serve_app.access.key_file import KeyFile, Keyring
from serve_app.limits import KEYS_KEPT
from tests.support.http.http_service import site


def new(name: str = "") -> tuple[str, Key]:
    return make(secrets.token_hex, at=1.0, name=name)


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


async def looked(ring: Keyring, file: KeyFile) -> Keyring:
    await ring._refresh(file)
    return ring


async def test_a_service_that_runs_sees_which_keys_come_and_go(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    text, key = new()

    async def asked(headers: dict[str, str]) -> int:
        return (await here.http.get("/jobs", headers=headers)).status_code

    async def until(status: int, headers: dict[str, str]) -> None:
        async with asyncio.timeout(60.0):
            while await asked(headers) != status:  # noqa: ASYNC110 - the file is looked at by time
                await asyncio.sleep(0.05)

    async with site(tmp_path, keys=Keyring((), file)) as here:
        assert await asked({}) == 200
        file.add(key)
        await until(401, {})
        assert await asked({"X-API-Key": text}) == 200
        file.revoke(key.id, 2.0)
        await until(401, {"X-API-Key": text})
        assert await asked({}) == 401


def test_where_there_has_never_been_a_key_all_is_open(file: KeyFile) -> None:
    assert Keyring((), file).open
    assert Keyring().open


def test_where_keys_lie_that_are_not_seen_from_here_nobody_is_let_in(file: KeyFile) -> None:
    ring = Keyring((), file, closed=True)
    assert not ring.open
    assert ring.find(new()[0]) is None


async def test_the_first_key_closes_a_service_that_runs(file: KeyFile) -> None:
    ring = Keyring((), file)
    text, key = new("first")
    file.add(key)
    await looked(ring, file)
    assert not ring.open
    found = ring.find(text)
    assert found is not None
    assert found.name == "first"


async def test_a_revoked_key_is_good_no_more_and_opens_nothing(file: KeyFile) -> None:
    text, key = new()
    file.add(key)
    ring = Keyring((), file)
    assert ring.find(text) is not None
    file.revoke(key.id, 2.0)
    await looked(ring, file)
    assert ring.find(text) is None
    assert not ring.open
    assert not Keyring((), file).open


async def test_when_the_file_is_gone_nobody_is_let_in(file: KeyFile) -> None:
    text, key = new()
    file.add(key)
    ring = Keyring((), file)
    file.path.unlink()
    await looked(ring, file)
    assert ring.find(text) is None
    assert not ring.open


async def test_a_damaged_file_changes_nothing_and_is_refused_at_a_start(file: KeyFile) -> None:
    text, key = new()
    file.add(key)
    ring = Keyring((), file)
    file.path.write_text("[{")
    with pytest.raises(KeysUnreadable):
        await looked(ring, file)
    assert ring.find(text) is not None
    with pytest.raises(KeysUnreadable, match="cannot be read"):
        Keyring((), file)


def test_keys_of_the_settings_are_good_beside_those_of_the_file(file: KeyFile) -> None:
    one, given = new()
    two, kept = new()
    file.add(kept)
    ring = Keyring((given,), file)
    assert ring.find(one) is not None
    assert ring.find(two) is not None


def test_only_its_owner_can_read_the_file_and_no_key_is_in_it(file: KeyFile) -> None:
    text, key = new()
    file.add(key)
    for path in file.path.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert text not in path.read_text()


def test_revoking_twice_is_revoking_once_and_an_unknown_one_is_named(file: KeyFile) -> None:
    _, key = new()
    file.add(key)
    first = file.revoke(key.id, 2.0)
    assert file.revoke(key.id, 3.0) == first
    with pytest.raises(BadRequest, match="nosuch"):
        file.revoke("nosuch", 2.0)


def test_there_are_no_more_keys_than_the_bound(file: KeyFile) -> None:
    keys = tuple(Key(id=f"{n:012x}", sha256="0" * 64) for n in range(KEYS_KEPT))
    file._write(keys)
    with pytest.raises(BadRequest, match="revoke one first"):
        file.add(new()[1])


def test_of_revoked_keys_the_oldest_are_forgotten(file: KeyFile) -> None:
    revoked = tuple(
        Key(id=f"{n:012x}", sha256="0" * 64, revoked_at=1.0) for n in range(KEYS_KEPT + 5)
    )
    good = new()[1]
    file._write((*revoked, good))
    assert len(file.read()) == KEYS_KEPT + 1
    assert file.read()[0].id == f"{5:012x}"
    assert file.read()[-1] == good


def add_ten(path: Path) -> None:
    for _ in range(10):
        KeyFile(path).add(make(secrets.token_hex, at=1.0, scopes=[Scope.READ])[1])


def test_no_key_is_lost_when_several_are_made_at_once(file: KeyFile) -> None:
    spawning = multiprocessing.get_context("spawn")
    makers = [spawning.Process(target=add_ten, args=(file.path,)) for _ in range(3)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert len(file.read()) == 30
