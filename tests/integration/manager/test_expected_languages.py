"""The languages that the owner expects become options of each job that leaves them open."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from actors.manager.settings import ManagerSettings
from actors.transcripts import whole_transcript
from retender.jobs.job import Options
from retender.jobs.states import Status
from retender.transcript.formats import result
from retender.transcript.languages import LanguageShare
from retender.workers.orders import Prepared
from tests.support.actors.manager_service import SETTINGS, Service, recording
from tests.support.actors.virtual_time import VirtualClock

ES_EN: ManagerSettings = msgspec.structs.replace(SETTINGS, languages=("es", "en"))
FOUND = (LanguageShare("es", 0.9), LanguageShare("en", 0.1))


@pytest.fixture
async def service(virtual_clock: VirtualClock) -> AsyncIterator[Service]:
    service = Service(virtual_clock, ES_EN)
    await service.start()
    yield service
    await service.stop()


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (Options(), Options(languages=("en", "es"))),
        (Options(languages=("fr", "de")), Options(languages=("de", "fr"))),
        (Options(language="fr"), Options(language="fr")),
        (Options(languages=("fr",)), Options(language="fr")),
        (Options(multilingual=True), Options(multilingual=True, languages=("en", "es"))),
    ],
)
async def test_they_are_filled_in_where_a_job_leaves_its_language_open(
    service: Service, given: Options, stored: Options
) -> None:
    await service.submit("one", options=given)
    assert (await service.job("one")).options == stored


async def test_a_result_is_reused_only_for_the_same_languages(service: Service) -> None:
    script = recording("one")
    await service.submit("one", script)
    await service.work_off()
    for name, languages, again in (("two", ("en", "es"), True), ("three", ("en", "fr"), False)):
        await service.submit(name, script, options=Options(languages=languages))
        assert ((await service.job(name)).status is Status.COMPLETED) == again


async def test_the_same_upload_sent_twice_is_the_same_job(service: Service) -> None:
    first = await service.submit("one", idempotency_key="k")
    second = await service.submit("two", recording("one"), idempotency_key="k")
    assert (second.job.id, second.existing) == (first.job.id, True)


async def test_the_candidates_are_in_the_result_and_in_that_of_the_same_recording_later(
    service: Service,
) -> None:
    script = recording("one")
    await service.submit("one", script)
    order = await service.order()
    prepared = service.outcome(order)
    assert isinstance(prepared, Prepared)
    await service.ask_for(0, msgspec.structs.replace(prepared, language_candidates=FOUND))
    await service.work_off()
    await service.submit("two", script)
    for name in ("one", "two"):
        told = result(await whole_transcript(service.manager, name))
        assert list(told["language_candidates"]) == [
            {"language": "es", "probability": 0.9},
            {"language": "en", "probability": 0.1},
        ]
