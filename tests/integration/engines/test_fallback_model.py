"""Jobs that name no model, where the default model cannot be had."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from loguru import logger

from retender.engines.faster_whisper.engine import WhisperEngine
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.engines.models import download
from retender.engines.models.library import LibrarySettings
from retender.engines.models.sources.package_index import IndexSettings
from retender.engines.models.sources.upstream import UPSTREAM
from retender.engines.models.sources.wheels import IN_WHEELS
from retender.engines.preparation import Preparation
from retender.errors import ModelUnavailable, StorageFull
from retender.workers.orders import Failed, Prepared, Transcribed
from tests.support.engines import package_index
from tests.support.engines.package_index import Index
from tests.support.engines.whisper_orders import Desk, whole, words_of
from tests.support.paths import DIGITS
from tests.support.sound.known_words import said
from tests.support.sound.media import FFMPEG, needs_espeak
from tests.support.sound.undisturbed import assert_understood

pytestmark = needs_espeak

NOWHERE = "http://127.0.0.1:9"
WORDS = ["seven", "alpha", "two", "bravo", "nine", "charlie"]

Open = Callable[..., Desk]


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The digits model goes by the name of `base` here."""
    monkeypatch.setattr(download, "PAUSE", 0.0)
    monkeypatch.setitem(UPSTREAM, "base", package_index.upstream(DIGITS))
    monkeypatch.delitem(UPSTREAM, "small")
    monkeypatch.setitem(IN_WHEELS, "base", package_index.wheels())


@pytest.fixture
def log() -> Any:
    lines: list[str] = []
    number = logger.add(lambda line: lines.append(str(line)), level="INFO", format="{message}")
    yield lines
    logger.remove(number)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Open]:
    """An engine whose default model is nowhere."""
    opened: list[Desk] = []

    def new(index: str = "", **changes: Any) -> Desk:
        library = LibrarySettings(
            root=str(tmp_path / "models"),
            hub_url=NOWHERE,
            index=IndexSettings((index,) if index else ()),
        )
        settings = WhisperSettings(library=library, fallback="base", heartbeat=0.01)
        desk = Desk(tmp_path)
        desk.engine = WhisperEngine(
            msgspec.structs.replace(settings, **changes),
            blobs=desk.blobs,
            preparation=Preparation(ffmpeg=FFMPEG, most_seconds=36_000.0),
        )
        opened.append(desk)
        return desk

    yield new
    for each in opened:
        await each.engine.close()


@pytest.fixture
def index(tmp_path: Path) -> Any:
    folder = tmp_path / "index"
    folder.mkdir()
    package_index.build(DIGITS, folder)
    with package_index.serving(folder) as serving:
        yield serving


def on_this_machine(tmp_path: Path, name: str) -> None:
    shutil.copytree(DIGITS, tmp_path / "models" / name, ignore=shutil.ignore_patterns("train"))


async def prepared(desk: Desk, **options: Any) -> Prepared | Failed:
    upload = await desk.upload(said(WORDS))
    (outcome,) = await desk.outcomes(desk.order(audio=upload, language="en", **options))
    assert isinstance(outcome, Prepared | Failed)
    return outcome


async def test_a_job_that_names_no_model_is_done_by_the_fallback_and_says_so(
    desk: Open, index: Index
) -> None:
    at = desk(index.url)
    told = await prepared(at)
    assert isinstance(told, Prepared)
    assert (told.model, told.requested_model, told.model_missing) == ("base", "medium", True)
    speech = said(WORDS)
    order = msgspec.structs.replace(at.order(chunk=whole(speech), language="en"), model=told.model)
    (heard,) = await at.heard(order)
    assert heard.model == "base"
    assert_understood(WORDS, words_of(heard.result.segments))


async def test_a_job_that_names_a_model_fails_where_that_cannot_be_had(
    desk: Open, index: Index
) -> None:
    told = await prepared(desk(index.url), model="medium")
    assert isinstance(told, Failed)
    assert told.failure.code == "model_unavailable"


async def test_without_a_fallback_the_job_fails_with_what_keeps_the_default_away(
    desk: Open, index: Index
) -> None:
    told = await prepared(desk(index.url, fallback=""))
    assert isinstance(told, Failed)
    assert "'medium' is not here" in told.failure.message


async def test_a_better_model_on_this_machine_goes_before_the_fallback(
    desk: Open, tmp_path: Path
) -> None:
    on_this_machine(tmp_path, "small")
    on_this_machine(tmp_path, "base")
    told = await prepared(desk())
    assert isinstance(told, Prepared)
    assert told.model == "small"


async def test_where_nothing_can_be_had_the_default_is_what_is_told_of(desk: Open) -> None:
    told = await prepared(desk())
    assert isinstance(told, Failed)
    assert "'medium' is not here" in told.failure.message


async def test_a_chunk_is_never_heard_by_another_model_than_its_job_was_prepared_for(
    desk: Open, tmp_path: Path
) -> None:
    on_this_machine(tmp_path, "base")
    at = desk()
    speech = said(WORDS)
    at.decoded("job", speech)
    chunk = at.order(chunk=whole(speech), language="en")
    with pytest.raises(ModelUnavailable, match="'medium' is not here"):
        await at.outcomes(msgspec.structs.replace(chunk, model="medium"))
    (other,) = await at.outcomes(chunk)
    assert isinstance(other, Transcribed)


async def test_the_model_is_fetched_at_the_start_and_the_log_says_which_and_how_to_get_a_better_one(
    desk: Open, index: Index, log: list[str]
) -> None:
    at = desk(index.url, prefetch=True)
    await at.engine.open()
    await at.engine.prefetched()
    in_use = (await at.engine.report()).default
    assert in_use is not None
    assert (in_use.model, in_use.instead_of) == ("base", "medium")
    assert "'medium' is not here" in in_use.missing
    (line,) = [line for line in log if "jobs that name no model" in line]
    for part in ("done by base", "'medium' is not here", f"Connect this machine to {NOWHERE}"):
        assert part in line
    index.asked.clear()
    told = await prepared(at)
    assert isinstance(told, Prepared)
    assert index.asked == []


async def test_a_disk_that_is_full_at_the_start_is_told_and_ends_nothing(
    desk: Open, index: Index, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "SPARE_BYTES", 10**18)
    at = desk(index.url, default="base", prefetch=True)
    await at.engine.open()
    await at.engine.prefetched()
    (line,) = [line for line in log if "jobs that name no model" in line]
    assert "no room on the disk" in line
    told = await prepared(at)
    assert isinstance(told, Failed)
    assert told.failure.code == StorageFull.code
    speech = said(WORDS)
    (chunk,) = await at.outcomes(at.order(chunk=whole(speech), language="en"))
    assert isinstance(chunk, Failed)
    assert chunk.failure.code == StorageFull.code
