"""Uploads in several goes, on a disk where anything may have been interrupted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Event

import pytest

from retender.errors import JobNotFound, UploadLocked
from retender.storage import file_lock
from retender.storage.audio import Audio
from retender.storage.partial_uploads import Origin, PartialUploadStore

ORIGIN = Origin(job_id="a", owner="ana", size=10, created_at=5.0)


async def begun(folder: Path) -> PartialUploadStore:
    store = PartialUploadStore(folder)
    await store.create(ORIGIN)
    return store


async def write(store: PartialUploadStore, data: bytes, *, keep: bool = True) -> None:
    async with store.open("a") as writing:
        await writing.write(data)
        if keep:
            await writing.keep()


async def known(store: PartialUploadStore) -> tuple[int, Audio | None]:
    found = await store.look("a")
    assert found is not None
    assert found.origin == ORIGIN
    return found.offset, found.audio


async def test_what_was_kept_is_known_to_another_life(tmp_path: Path) -> None:
    await write(await begun(tmp_path), b"hello")
    later = PartialUploadStore(tmp_path)
    assert await known(later) == (5, None)
    await write(later, b"world")
    assert await known(later) == (10, None)
    assert (tmp_path / "partial" / "a" / "data").read_bytes() == b"helloworld"


async def test_what_was_not_kept_is_cut_off(tmp_path: Path) -> None:
    store = await begun(tmp_path)
    await write(store, b"hello")
    (tmp_path / "partial" / "a" / "data").write_bytes(b"hello and what was never synced")
    await write(store, b"world")
    assert (tmp_path / "partial" / "a" / "data").read_bytes() == b"helloworld"


async def test_a_state_that_was_being_written_counts_for_nothing_and_spoils_nothing(
    tmp_path: Path,
) -> None:
    store = await begun(tmp_path)
    await write(store, b"hello")
    (tmp_path / "partial" / "a" / "state.new").write_bytes(b'{"origin":{"job_id":"a"},"off')
    assert await known(store) == (5, None)
    await write(store, b"world")
    assert await known(store) == (10, None)


async def test_once_sealed_it_stays_what_it_is(tmp_path: Path) -> None:
    store = await begun(tmp_path)
    async with store.open("a") as writing:
        await writing.write(b"helloworld")
        audio = await writing.seal()
        assert writing.whole
    writing.path.unlink()
    async with store.open("a") as again:
        assert await again.seal() == audio
        await again.write(b"more")
        await again.keep()
    assert not writing.path.exists()
    assert await known(store) == (10, audio)


async def test_one_writes_at_a_time(tmp_path: Path) -> None:
    store = await begun(tmp_path)
    async with store.open("a"):
        with pytest.raises(UploadLocked):
            async with PartialUploadStore(tmp_path).open("a"):
                pass
    async with store.open("a"):
        pass


async def test_who_gives_up_while_it_is_opened_keeps_nobody_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await begun(tmp_path)
    opening, go_on = Event(), Event()

    def lock_slowly(descriptor: int) -> bool:
        opening.set()
        return go_on.wait(60) and try_lock(descriptor)

    try_lock = file_lock.try_lock
    monkeypatch.setattr(file_lock, "try_lock", lock_slowly)
    giving_up = asyncio.create_task(write(store, b"hello"))
    await asyncio.to_thread(opening.wait, 60)
    for _ in range(2):
        giving_up.cancel()
        await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await giving_up
    await write(store, b"world")
    assert (tmp_path / "partial" / "a" / "data").read_bytes() == b"world"


async def test_a_leftover_without_a_readable_state_is_deleted(tmp_path: Path) -> None:
    store = await begun(tmp_path)
    torn = tmp_path / "partial" / "torn"
    torn.mkdir()
    (torn / "state.new").write_bytes(b'{"job_id":"to')
    assert [each.origin.job_id for each in await store.all()] == ["a"]
    assert not torn.exists()


async def test_one_that_the_disk_has_damaged_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    store = await begun(tmp_path)
    await write(store, b"hello")
    await store.create(Origin(job_id="damaged", size=10))
    state = tmp_path / "partial" / "damaged" / "state"
    state.write_bytes(b"\0" * len(state.read_bytes()))
    assert {each.origin.job_id: each.offset for each in await store.all()} == {"a": 5}
    assert not state.parent.exists()


async def test_a_crash_in_a_restart_never_counts_bytes_of_both_attempts(tmp_path: Path) -> None:
    store = await begun(tmp_path)
    await write(store, b"wrong")
    async with store.open("a") as writing:
        await writing.restart()
        # Not kept: as if the process died here.
        await writing.write(b"ri")
    assert await known(store) == (0, None)
    await write(store, b"right")
    assert await known(store) == (5, None)
    assert (tmp_path / "partial" / "a" / "data").read_bytes() == b"right"


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "nowhere", "a\0"])
async def test_only_names_of_uploads_lead_anywhere(tmp_path: Path, name: str) -> None:
    store = await begun(tmp_path)
    with pytest.raises(JobNotFound):
        async with store.open(name):
            pass
    if name != "nowhere":
        with pytest.raises(JobNotFound):
            await store.drop(name)
    assert await known(store) == (0, None)


async def test_it_begins_again_from_the_first_byte(tmp_path: Path) -> None:
    store = await begun(tmp_path)
    await write(store, b"wrong")
    async with store.open("a") as writing:
        await writing.restart()
        await writing.write(b"right")
        await writing.keep()
    assert await known(store) == (5, None)
    assert (tmp_path / "partial" / "a" / "data").read_bytes() == b"right"
