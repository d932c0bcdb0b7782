"""Which models there are to ask for, which lie on the disk, and who has which in memory."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from retender.engines.models.library import Library, LibraryEntry, LibrarySettings
from retender.engines.models.overview import ModelHolder, overview
from retender.errors import InvalidOption
from retender.workers.reports import HeldModel, ModelState

NEEDED = ("config.json", "model.bin", "tokenizer.json")


def model(folder: Path, size: int = 100) -> Path:
    folder.mkdir(parents=True)
    for name in NEEDED:
        (folder / name).write_bytes(bytes(size if name == "model.bin" else 0))
    return folder


def library(root: Path, **changes: object) -> Library:
    return Library(msgspec.structs.replace(LibrarySettings(root=str(root)), **changes))


@pytest.mark.parametrize(
    ("name", "nearest"), [("meduim", "medium"), ("tinny", "tiny"), ("larg-v3", "large-v3")]
)
def test_a_name_that_stands_for_nothing_is_refused_with_the_nearest(
    tmp_path: Path, name: str, nearest: str
) -> None:
    with pytest.raises(InvalidOption, match=f"the nearest is '{nearest}'") as caught:
        library(tmp_path).named(name)
    assert caught.value.details["field"] == "model"
    assert nearest in caught.value.details["accepted"]


def test_each_model_has_one_name(tmp_path: Path) -> None:
    shelf = library(tmp_path, folders={"mine": "/models/mine", "large": "/models/large"})
    assert shelf.named("whisper-large-v3") == "large-v3"
    assert shelf.named("mine") == "mine"
    assert shelf.named("large") == "large", "the owner's names go first"


def test_a_repository_may_be_named_where_the_owner_allows_it(tmp_path: Path) -> None:
    assert library(tmp_path, any_repository=True).named("ana/whisper") == "ana/whisper"
    with pytest.raises(InvalidOption):
        library(tmp_path).named("ana/whisper")
    model(tmp_path / "ana--whisper", 300)
    assert library(tmp_path).named("ana/whisper") == "ana/whisper", "nothing is downloaded for it"


def test_the_catalogue_tells_what_is_here_and_what_would_be_downloaded(tmp_path: Path) -> None:
    model(tmp_path / "small", 100)
    model(tmp_path / "ana--whisper", 300)
    (tmp_path / "tiny").mkdir()
    mine = model(tmp_path / "elsewhere" / "mine", 200)
    entries = {
        entry.name: entry for entry in library(tmp_path, folders={"mine": str(mine)}).catalogue()
    }
    assert entries["small"] == LibraryEntry("small", 100, 244)
    assert entries["mine"] == LibraryEntry("mine", 200)
    assert entries["ana/whisper"] == LibraryEntry("ana/whisper", 300)
    assert entries["tiny"].bytes == 0, "a folder without a model in it is none"
    assert entries["medium"] == LibraryEntry("medium", 0, 769)
    assert "elsewhere" not in entries


def test_who_has_a_model_is_told_beside_it() -> None:
    small = ModelHolder("transcriber-1", 10.0, HeldModel(model="small", state=ModelState.LOADED))
    other = ModelHolder("transcriber-2", 12.0, HeldModel(model="small", state=ModelState.LOADING))
    gone = ModelHolder("transcriber-2", 13.0, HeldModel(model="old", state=ModelState.LOADED))
    entries = (
        LibraryEntry("medium", 0, 769),
        LibraryEntry("small", 100, 244),
        LibraryEntry("tiny", 50, 39),
    )
    infos = overview(entries, (small, other, gone), "medium")
    assert [info.name for info in infos] == ["small", "old", "tiny", "medium"]
    assert infos[0].holders == (small, other)
    assert [info.downloaded for info in infos] == [True, False, True, False]
    assert [info.name for info in infos if info.default] == ["medium"]


@pytest.mark.parametrize(
    ("held", "percent"),
    [
        (HeldModel(model="m", state=ModelState.DOWNLOADING, bytes=50, total=200), 25),
        (HeldModel(model="m", state=ModelState.DOWNLOADING, bytes=50), None),
        (HeldModel(model="m", state=ModelState.LOADED, bytes=50), None),
    ],
)
def test_only_a_download_of_known_length_has_a_percentage(
    held: HeldModel, percent: int | None
) -> None:
    assert held.percent == percent
