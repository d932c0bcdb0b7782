"""Models behind the engine: how they come, what is told meanwhile, and how they go."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest

from retender.engines.api import ManagesModels, Progress, Reporting
from retender.engines.faster_whisper.engine import WhisperEngine
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.engines.models.library import LibrarySettings
from retender.engines.models.sources.upstream import UPSTREAM
from retender.engines.preparation import Preparation
from retender.errors import ModelUnavailable
from retender.jobs.messages import note_text
from retender.jobs.states import Stage
from retender.workers.orders import Prepared, Transcribed
from retender.workers.reports import HeldModel, ModelState
from tests.support.engines.model_hub import ModelHub
from tests.support.engines.whisper_orders import Desk, whole, words_of
from tests.support.paths import DIGITS
from tests.support.sound.known_words import said, talk
from tests.support.sound.media import FFMPEG, needs_espeak
from tests.support.sound.undisturbed import assert_understood

pytestmark = needs_espeak

DEADLINE = 60.0
MEGABYTE = 1_000_000
WORDS = "seven alpha two bravo nine charlie"


@pytest.fixture(autouse=True)
def no_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub of these tests has no model of Whisper's."""
    for name in list(UPSTREAM):
        monkeypatch.delitem(UPSTREAM, name)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """`digits` and its `twin`, and room for both."""
    shutil.copytree(DIGITS, tmp_path / "twin", ignore=shutil.ignore_patterns("train"))
    folders = {"digits": str(DIGITS), "twin": str(tmp_path / "twin")}
    library = LibrarySettings(root=str(tmp_path / "models"), folders=folders, offline=True)
    desk = Desk(tmp_path, library=library, memory=2000 * MEGABYTE)
    yield desk
    await desk.engine.close()


async def held(desk: Desk) -> dict[str, HeldModel]:
    return {each.model: each for each in (await desk.engine.report()).models}


async def at_hub(root: Path, hub: ModelHub, **changes: object) -> Desk:
    desk = Desk(root)
    settings = WhisperSettings(
        library=LibrarySettings(root=str(root / "models")), default="medium", heartbeat=0.01
    )
    desk.engine = WhisperEngine(
        msgspec.structs.replace(settings, **changes),
        blobs=desk.blobs,
        preparation=Preparation(ffmpeg=FFMPEG, most_seconds=36_000.0),
        transport=hub,
    )
    return desk


async def test_who_waits_for_a_download_is_told_how_far_it_is(tmp_path: Path) -> None:
    hub = ModelHub()
    hub.gate.clear()
    desk = await at_hub(tmp_path, hub)
    upload = await desk.upload(said(WORDS.split()))
    order = desk.order(audio=upload, model="tiny", language="en")
    told: list[Progress] = []
    async with asyncio.timeout(DEADLINE), aclosing(desk.engine.work((order,))) as news:
        async for item in news:
            if isinstance(item, Prepared):
                break
            assert isinstance(item, Progress)
            told.append(item)
            if item.note is not None and not hub.gate.is_set():
                (arriving,) = (await desk.engine.report()).models
                assert arriving.state is ModelState.DOWNLOADING
                assert (arriving.model, arriving.percent) == ("tiny", item.note.args["percent"])
                hub.gate.set()
    notes = [item.note for item in told if item.note is not None]
    assert note_text(notes[0], "es").startswith("Descargando el modelo tiny: ")
    assert note_text(notes[0], "en").startswith("Downloading model tiny: ")
    assert {item.stage for item in told if item.note} == {Stage.DOWNLOADING_MODEL}
    assert (told[-1].stage, told[-1].note) == (None, None), "then it goes on"
    assert [each.args["percent"] for each in notes] == sorted(
        each.args["percent"] for each in notes
    )
    await desk.engine.close()


async def test_a_smaller_model_than_the_asked_one_is_named_along_with_it(tmp_path: Path) -> None:
    desk = await at_hub(tmp_path, ModelHub(), memory=400 * MEGABYTE)
    upload = await desk.upload(said(WORDS.split()))
    for asked, name in (("", "medium"), ("large-v3", "large-v3")):
        order = desk.order(audio=upload, model=asked, language="en")
        (prepared,) = await desk.outcomes(order)
        assert isinstance(prepared, Prepared)
        assert (prepared.model, prepared.requested_model) == ("base", name)
    (prepared,) = await desk.outcomes(desk.order(audio=upload, model="base", language="en"))
    assert isinstance(prepared, Prepared)
    assert (prepared.model, prepared.requested_model) == ("base", "")
    await desk.engine.close()


async def test_it_reports_what_it_holds(desk: Desk) -> None:
    assert isinstance(desk.engine, Reporting)
    assert isinstance(desk.engine, ManagesModels)
    before = await desk.engine.report()
    assert (before.engine, before.models) == ("local", ())
    assert before.resident > 10 * MEGABYTE
    speech = said(WORDS.split())
    desk.decoded("job", speech)
    order = desk.order(chunk=whole(speech), language="en")
    async with asyncio.timeout(DEADLINE), aclosing(desk.engine.work((order,))) as news:
        async for item in news:
            if isinstance(item, Transcribed):
                busy = (await held(desk))["digits"]
    assert (busy.state, busy.users, busy.precision) == (ModelState.LOADED, 1, "int8")
    assert busy.bytes >= (DIGITS / "model.bin").stat().st_size
    assert (await held(desk))["digits"].users == 0


async def test_a_second_model_comes_beside_the_work_and_goes_again(desk: Desk) -> None:
    speech = talk(40, seed=11)
    desk.decoded("job", speech)
    order = desk.order(chunk=whole(speech), language="en")
    async with asyncio.timeout(DEADLINE), aclosing(desk.engine.work((order,))) as news:
        async for item in news:
            if isinstance(item, Progress) and item.seconds > 0:
                break
        await desk.engine.load("twin")
        leaving = asyncio.create_task(desk.engine.unload("digits"))
        rest = [(item, set(await held(desk))) async for item in news]
    last, held_at_last = rest[-1]
    assert isinstance(last, Transcribed), "the work went on"
    assert held_at_last == {"digits", "twin"}, "and its model stayed for so long"
    await asyncio.wait_for(leaving, DEADLINE)
    assert set(await held(desk)) == {"twin"}
    assert not desk.engine.needs_restart
    await desk.engine.unload("twin")
    assert desk.engine.needs_restart


async def test_a_model_that_cannot_be_had_is_reported_with_the_reason(desk: Desk) -> None:
    with pytest.raises(ModelUnavailable):
        await desk.engine.load("small")
    failed = (await held(desk))["small"]
    assert failed.state is ModelState.FAILED
    assert "downloading is switched off" in failed.trouble
    speech = said(WORDS.split())
    desk.decoded("job", speech)
    (told,) = await desk.heard(desk.order(chunk=whole(speech), language="en"))
    assert_understood(WORDS.split(), words_of(told.result.segments))
