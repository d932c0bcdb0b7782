"""A backup is whole or is not there, and what it gives back is what there was."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from deployments.settings import BadSetting, Settings, read
from deployments.wiring import backups
from deployments.wiring.journals import journal
from retender.backup import making, restoring
from retender.backup.making import JournalCopy
from retender.errors import BackupDamaged, BackupRefused, JournalLocked
from retender.jobs.states import Status
from retender.journal.api import DeleteJob, Journal, Listing
from retender.journal.care.checking import check
from retender.journal.sqlite import SqliteOpener
from retender.storage.audio import Audio
from retender.storage.blobs import BlobStore
from tests.support.storage.journal_story import Story


class Data:
    """The data folder of a service that runs: its journal is open all the time."""

    def __init__(self, folder: Path, opened: Journal) -> None:
        self.folder = folder
        self.journal = opened
        self.story = Story()
        self.blobs = BlobStore(folder)
        self.settings = settings(folder)

    async def add(self, job_id: str, status: Status = Status.COMPLETED) -> Audio:
        async with self.blobs.receive(limit=10**6) as upload:
            await upload.write(f"what {job_id} says".encode())
            audio = await upload.finish(at=1.0)
        writes = (
            self.story.begin(job_id, audio=audio)
            if status is Status.QUEUED
            else self.story.whole(job_id, status, audio=audio)
        )
        await self.journal.commit(1, writes)
        return audio

    async def saved(self, to: Path, *, link: bool = False) -> None:
        await asyncio.to_thread(backups.make, self.settings, to, link=link)


def settings(folder: Path) -> Settings:
    return read({"RETENDER_DATA_DIR": str(folder)}, Path("there-is-none.env"))


@pytest.fixture
async def data(tmp_path: Path) -> AsyncIterator[Data]:
    opened = await SqliteOpener(str(tmp_path / "data" / "journal.db"))()
    await opened.begin_epoch()
    yield Data(tmp_path / "data", opened)
    await opened.close()


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def put_back(backup: Path, folder: Path, *, replace: bool = False) -> str:
    return backups.put_back(settings(folder), backup, replace=replace)[1]


async def jobs_in(folder: Path) -> dict[str, Status]:
    opened = await SqliteOpener(str(folder / "journal.db"))()
    page = await opened.jobs(Listing())
    await opened.close()
    return {job.id: job.status for job in page.jobs}


def recording(folder: Path, audio: Audio) -> Path:
    return folder / audio.sha256[:2] / audio.sha256


async def test_all_comes_back_of_a_service_that_ran_meanwhile(
    data: Data, backup: Path, tmp_path: Path
) -> None:
    done, waiting = await data.add("done"), await data.add("waiting", Status.QUEUED)
    (data.folder / "keys.json").write_text("[]")
    work = data.blobs.job_folder("waiting") / "decoded"
    work.write_bytes(b"samples")

    await data.saved(backup)
    await data.add("later")
    restored = tmp_path / "restored"
    put_back(backup, restored)

    assert await jobs_in(restored) == {"done": Status.COMPLETED, "waiting": Status.QUEUED}
    for audio, said in ((done, b"what done says"), (waiting, b"what waiting says")):
        assert recording(restored / "blobs", audio).read_bytes() == said
    assert (restored / "keys.json").read_text() == "[]"
    assert (restored / "jobs" / "waiting" / "decoded").read_bytes() == b"samples"
    assert check(restored / "journal.db", None) == ()
    assert not (restored / restoring.UNFINISHED).exists()


async def test_the_next_backup_saves_only_new_recordings_and_drops_those_that_are_gone(
    data: Data, backup: Path
) -> None:
    stays, goes = await data.add("stays"), await data.add("goes")
    await data.saved(backup)
    saved = recording(backup / "recordings", stays)
    before = saved.stat()
    assert recording(backup / "recordings", goes).exists()

    await data.journal.commit(1, [DeleteJob("goes")])
    await data.blobs.delete(goes.sha256)
    comes = await data.add("comes")
    await data.saved(backup)

    assert saved.stat().st_ino == before.st_ino
    assert recording(backup / "recordings", comes).exists()
    assert not recording(backup / "recordings", goes).exists()
    assert len(list((backup / "sets").iterdir())) == 1


async def test_recordings_are_links_unless_copies_are_wanted(data: Data, tmp_path: Path) -> None:
    audio = await data.add("a")
    await data.saved(tmp_path / "links", link=True)
    await data.saved(tmp_path / "copies")

    here = data.blobs.path(audio)
    assert recording(tmp_path / "links" / "recordings", audio).samefile(here)
    assert not recording(tmp_path / "copies" / "recordings", audio).samefile(here)


async def test_a_backup_that_breaks_off_leaves_the_one_before_it(
    data: Data, backup: Path, tmp_path: Path
) -> None:
    await data.add("first")
    await data.saved(backup)
    second = await data.add("second")

    def breaks_off(folder: Path) -> JournalCopy:
        (folder / "journal.db").write_bytes(b"half of it")
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        making.make_backup(data.folder, backup, breaks_off, at=1.0, version="1", name="broken")

    put_back(backup, tmp_path / "restored")
    assert await jobs_in(tmp_path / "restored") == {"first": Status.COMPLETED}
    await data.saved(backup)
    assert recording(backup / "recordings", second).exists()
    assert len(list((backup / "sets").iterdir())) == 1


async def test_a_backup_says_which_needed_recordings_were_not_there(
    data: Data, backup: Path
) -> None:
    lost = await data.add("failed", Status.FAILED)
    over = await data.add("completed")
    await data.blobs.delete(lost.sha256)
    await data.blobs.delete(over.sha256)

    made = await asyncio.to_thread(backups.make, data.settings, backup, link=True)

    assert made.missing == (lost.sha256,)
    assert made.recordings == ()


async def test_a_folder_with_anything_in_it_is_not_overwritten(
    data: Data, backup: Path, tmp_path: Path
) -> None:
    await data.add("a")
    await data.saved(backup)
    there = tmp_path / "there"
    (there / "models").mkdir(parents=True)
    (there / "keys.json").write_text("mine")

    with pytest.raises(BackupRefused, match=r"not empty: it has keys\.json"):
        put_back(backup, there)
    assert (there / "keys.json").read_text() == "mine"

    aside = put_back(backup, there, replace=True)
    assert (there / aside / "keys.json").read_text() == "mine"
    assert (there / "models").is_dir()
    assert await jobs_in(there) == {"a": Status.COMPLETED}


@pytest.mark.parametrize("part", ["recordings", "sets"])
async def test_a_damaged_backup_is_refused_before_anything_is_changed(
    data: Data, backup: Path, tmp_path: Path, part: str
) -> None:
    await data.add("a")
    await data.saved(backup)
    victim = next(file for file in sorted((backup / part).rglob("*")) if file.is_file())
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)

    with pytest.raises(BackupDamaged, match="not what was saved"):
        put_back(backup, tmp_path / "restored")
    assert not (tmp_path / "restored" / "journal.db").exists()


async def test_nothing_is_restored_under_a_service_that_runs(data: Data, backup: Path) -> None:
    await data.add("a")
    await data.saved(backup)

    with pytest.raises(JournalLocked):
        put_back(backup, data.folder, replace=True)
    assert await data.journal.job("a") is not None


async def test_a_restore_that_breaks_off_keeps_the_service_from_starting_and_can_go_on(
    data: Data, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await data.add("a")
    await data.saved(backup)
    restored = tmp_path / "restored"
    put = restoring._put

    def break_off(source: Path, target: Path, sha256: str) -> None:
        if target.name == restoring.JOURNAL:
            raise OSError("the disk is gone")
        put(source, target, sha256)

    monkeypatch.setattr(restoring, "_put", break_off)
    with pytest.raises(OSError, match="the disk is gone"):
        put_back(backup, restored)
    with pytest.raises(BadSetting, match="was interrupted"):
        journal(settings(restored))

    monkeypatch.undo()
    put_back(backup, restored)
    assert await jobs_in(restored) == {"a": Status.COMPLETED}
    journal(settings(restored))


async def test_places_where_a_backup_would_save_itself_are_refused(data: Data) -> None:
    for place in (data.folder, data.folder / "backup", data.folder.parent):
        with pytest.raises(BackupRefused):
            await data.saved(place)


async def test_two_backups_into_one_folder_do_not_mix(data: Data, backup: Path) -> None:
    def second(folder: Path) -> JournalCopy:
        with pytest.raises(BackupRefused, match="under way"):
            backups.make(data.settings, backup, link=True)
        return JournalCopy(kind="none", recordings=frozenset())

    making.make_backup(data.folder, backup, second, at=1.0, version="1", name="first")


def test_a_folder_without_a_whole_backup_is_refused(backup: Path, tmp_path: Path) -> None:
    backup.mkdir()
    with pytest.raises(BackupRefused, match="no complete backup"):
        put_back(backup, tmp_path / "restored")


async def test_the_copy_of_the_journal_is_one_file_that_needs_no_log(
    data: Data, backup: Path
) -> None:
    await data.add("a")
    await data.saved(backup)

    (copy,) = (backup / "sets").glob("*/journal.db")
    assert sorted(file.name for file in copy.parent.iterdir()) == ["journal.db"]
    with closing(sqlite3.connect(f"file:{copy}?immutable=1", uri=True)) as saved:
        assert saved.execute("SELECT count(*) FROM jobs").fetchone() == (1,)
