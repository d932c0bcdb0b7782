"""How a model gets to this machine, or why it does not."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from retender.engines.models import download
from retender.engines.models.download import DownloadProgress
from retender.engines.models.library import Library, LibrarySettings, window_samples
from retender.engines.models.sources.upstream import UPSTREAM
from retender.errors import ModelUnavailable, StorageFull
from retender.transcript.chunks import SAMPLE_RATE
from tests.support.engines.model_hub import FILES, OK, ModelHub
from tests.support.paths import DIGITS

DEADLINE = 60.0
REVISION_THERE = "feedbeef"
SIZE = sum(len(FILES[name]) for name in FILES if name not in {"README.md", "pytorch_model.bin"})


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "PAUSE", 0.0)
    monkeypatch.setattr(download, "CHECK_SECONDS", 0.01)


@pytest.fixture(autouse=True)
def no_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """This hub's `tiny` is not Whisper's."""
    monkeypatch.delitem(UPSTREAM, "tiny")


@pytest.fixture
def hub() -> ModelHub:
    return ModelHub()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "models"


def library(root: Path, hub: ModelHub, **changes: Any) -> Library:
    return Library(msgspec.structs.replace(LibrarySettings(root=str(root)), **changes), hub)


async def obtain(library: Library, name: str = "tiny") -> tuple[Path, list[DownloadProgress]]:
    told: list[DownloadProgress] = []
    async with asyncio.timeout(DEADLINE):
        return await library.obtain(name, told.append), told


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


async def test_a_model_is_downloaded_once_and_then_found(root: Path, hub: ModelHub) -> None:
    place, told = await obtain(library(root, hub))
    assert contents(place) == {name: FILES[name] for name in contents(place)}
    assert set(contents(place)) == {"config.json", "model.bin", "tokenizer.json", "vocabulary.json"}
    assert [each.done for each in told] == sorted(each.done for each in told)
    assert told[-1] == DownloadProgress(SIZE, SIZE)
    assert told[-1].percent == 100
    hub.down = True
    again, silent = await obtain(library(root, hub))
    assert (again, silent) == (place, [])


async def test_a_download_that_breaks_off_goes_on_where_it_stopped(
    root: Path, hub: ModelHub
) -> None:
    hub.breaks_after = [3000, 2000]
    place, _ = await obtain(library(root, hub))
    assert contents(place)["model.bin"] == FILES["model.bin"]
    assert [what for what in hub.asked if what.startswith("model.bin")] == [
        "model.bin from 0",
        "model.bin from 3000",
        "model.bin from 5000",
    ]


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_hub_that_is_busy_is_asked_again(root: Path, hub: ModelHub, status: int) -> None:
    hub.statuses = [OK] + [status] * (download.TRIES - 1)
    place, _ = await obtain(library(root, hub))
    assert contents(place)["model.bin"] == FILES["model.bin"]


async def test_a_hub_that_is_busy_for_long_is_given_up_on(root: Path, hub: ModelHub) -> None:
    hub.statuses = [OK] + [503] * download.TRIES
    with pytest.raises(ModelUnavailable, match=r"huggingface\.co answers with status 503"):
        await obtain(library(root, hub))
    assert not hub.statuses


@pytest.mark.parametrize("status", [401, 403])
async def test_a_repository_that_may_not_be_read_is_not_blamed_on_the_network(
    root: Path, hub: ModelHub, status: int
) -> None:
    hub.statuses = [status]
    with pytest.raises(ModelUnavailable, match=rf"status {status}\. Set HF_TOKEN") as caught:
        await obtain(library(root, hub))
    assert "connect this machine" not in caught.value.message.lower()


async def test_a_hub_that_cannot_resume_sends_it_all_again(root: Path, hub: ModelHub) -> None:
    hub.breaks_after, hub.ranges = [3000], False
    place, _ = await obtain(library(root, hub))
    assert contents(place)["model.bin"] == FILES["model.bin"]


async def test_a_download_that_was_given_up_is_resumed_by_the_next(
    root: Path, hub: ModelHub
) -> None:
    hub.breaks_after = [4000] + [0] * download.TRIES
    with pytest.raises(ModelUnavailable, match="connection reset"):
        await obtain(library(root, hub))
    assert library(root, hub).find("tiny") is None
    hub.asked.clear()
    await obtain(library(root, hub))
    assert "model.bin from 4000" in hub.asked
    assert not any(what.startswith("config.json") for what in hub.asked)


async def test_what_came_of_another_revision_is_thrown_away(root: Path, hub: ModelHub) -> None:
    hub.breaks_after = [4000] + [0] * download.TRIES
    with pytest.raises(ModelUnavailable):
        await obtain(library(root, hub))
    hub.files["model.bin"] = b"trained anew" * 1000
    place, _ = await obtain(library(root, hub))
    assert contents(place)["model.bin"] == hub.files["model.bin"]


async def test_a_file_that_is_not_what_the_hub_says_is_never_used(
    root: Path, hub: ModelHub
) -> None:
    hub.spoilt = True
    with pytest.raises(ModelUnavailable, match=r"model\.bin is not what its source says"):
        await obtain(library(root, hub))
    assert library(root, hub).find("tiny") is None
    hub.spoilt = False
    place, _ = await obtain(library(root, hub))
    assert contents(place)["model.bin"] == FILES["model.bin"]


async def test_however_many_ask_one_downloads_and_all_hear_how_far_it_is(
    root: Path, hub: ModelHub
) -> None:
    hub.gate.clear()
    heard = [asyncio.Event() for _ in range(3)]
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as group:
        asking = [
            group.create_task(library(root, hub).obtain("tiny", _sets(event))) for event in heard
        ]
        for event in heard:
            await event.wait()
        hub.gate.set()
    assert {task.result() for task in asking} == {root / "tiny"}
    assert hub.asked.count("model.bin from 0") == 1


async def test_a_download_of_another_process_is_waited_for(root: Path, hub: ModelHub) -> None:
    """And taken over when that process dies."""
    lock = root / ".incoming" / ".tiny.lock"
    lock.parent.mkdir(parents=True)
    script = "import fcntl,sys; f=open(sys.argv[1],'w'); fcntl.flock(f,2); print(); input()"
    other = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script, str(lock)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert other.stdout is not None
    await other.stdout.readline()
    descriptor = os.open(lock, os.O_RDWR)
    with pytest.raises(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)
    asking = asyncio.create_task(obtain(library(root, hub)))
    await asyncio.wait((asking,), timeout=0.05)
    assert hub.asked == []
    other.kill()
    place, _ = await asking
    await other.wait()
    assert place == root / "tiny"


async def test_who_is_called_off_leaves_the_way_free(root: Path, hub: ModelHub) -> None:
    hub.gate.clear()
    begun = asyncio.Event()
    hasty = asyncio.create_task(library(root, hub).obtain("tiny", lambda _: begun.set()))
    async with asyncio.timeout(DEADLINE):
        await begun.wait()
    hasty.cancel()
    await asyncio.gather(hasty, return_exceptions=True)
    hub.gate.set()
    place, _ = await obtain(library(root, hub))
    assert contents(place)["model.bin"] == FILES["model.bin"]


async def test_without_a_network_one_is_told_what_to_do(root: Path, hub: ModelHub) -> None:
    hub.down = True
    with pytest.raises(ModelUnavailable) as caught:
        await obtain(library(root, hub), "large")
    sentence = caught.value.message
    for told in ("no route to host", str(root / "large-v3"), "model.bin", "huggingface.co"):
        assert told in sentence
    assert not caught.value.retryable


async def test_offline_nobody_is_asked(root: Path, hub: ModelHub) -> None:
    with pytest.raises(ModelUnavailable, match="downloading is switched off"):
        await obtain(library(root, hub, offline=True))
    assert hub.asked == []


async def test_a_disk_without_room_is_told_before_anything_is_downloaded(
    root: Path, hub: ModelHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=download.SPARE_BYTES)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StorageFull, match="the disk has no such room") as caught:
        await obtain(library(root, hub))
    assert "connect this machine" not in caught.value.message.lower()
    assert hub.asked == ["listing"]


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json"])
async def test_a_repository_without_a_model_is_refused_before_anything_is_downloaded(
    root: Path, hub: ModelHub, name: str
) -> None:
    del hub.files[name]
    with pytest.raises(ModelUnavailable, match=f"no model in CTranslate2's form: it lacks {name}"):
        await obtain(library(root, hub))
    assert hub.asked == ["listing"]


async def test_a_proxy_that_cannot_be_one_breaks_nothing_but_the_download(
    root: Path, hub: ModelHub
) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be downloaded"):
        await obtain(library(root, hub, proxy="proxy:3128"))


async def test_a_name_that_means_nothing_is_answered_with_those_that_do(
    root: Path, hub: ModelHub
) -> None:
    named = {"digits": str(DIGITS)}
    for name in ("enormous", "../digits", str(DIGITS), "someone/model"):
        with pytest.raises(ModelUnavailable, match=r"there is no model.*digits.*medium"):
            await obtain(library(root, hub, folders=named), name)
    assert hub.asked == []


async def test_any_repository_may_be_named_where_the_owner_allows_it(
    root: Path, hub: ModelHub
) -> None:
    place, _ = await obtain(library(root, hub, any_repository=True), "someone/model")
    assert place == root / "someone--model"


async def test_the_owners_folders_have_names(root: Path, hub: ModelHub) -> None:
    place, _ = await obtain(library(root, hub, folders={"digits": str(DIGITS)}), "digits")
    assert place == DIGITS
    assert window_samples(place) == 10 * SAMPLE_RATE


async def test_a_folder_that_lacks_files_is_told_with_what_it_lacks(
    root: Path, hub: ModelHub, tmp_path: Path
) -> None:
    (tmp_path / "config.json").touch()
    with pytest.raises(ModelUnavailable, match=r"lacks model\.bin, tokenizer\.json"):
        await obtain(library(root, hub, folders={"mine": str(tmp_path)}), "mine")


async def test_what_other_programs_have_downloaded_is_found(
    root: Path, hub: ModelHub, tmp_path: Path
) -> None:
    entry = tmp_path / "hub" / "models--Systran--faster-whisper-tiny"
    snapshot = entry / "snapshots" / REVISION_THERE
    snapshot.mkdir(parents=True)
    (entry / "refs").mkdir()
    (entry / "refs" / "main").write_text(REVISION_THERE)
    for name in ("config.json", "model.bin", "tokenizer.json"):
        (snapshot / name).write_bytes(FILES[name])
    cached = library(root, hub, shared_cache=str(tmp_path / "hub"))
    assert (await obtain(cached))[0] == snapshot
    assert hub.asked == []


def test_whisper_hears_half_a_minute_where_nothing_else_is_said(tmp_path: Path) -> None:
    assert window_samples(tmp_path) == 30 * SAMPLE_RATE
    (tmp_path / "preprocessor_config.json").write_text('{"chunk_length": "long"}')
    with pytest.raises(ModelUnavailable, match="is broken"):
        window_samples(tmp_path)


def _sets(event: asyncio.Event) -> Callable[[DownloadProgress], None]:
    return lambda _: event.set()
