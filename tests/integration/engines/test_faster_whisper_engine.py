"""Recognition on this machine with a real model, as a worker sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]  # it carries no types

from models.digits.train.speech import Said
from retender.engines.api import Progress
from retender.engines.faster_whisper.engine import WhisperEngine
from retender.engines.faster_whisper.model import Features, Model
from retender.errors import ModelUnavailable
from retender.jobs.job import Task
from retender.transcript.chunks import SAMPLE_RATE, Chunk
from retender.transcript.segments import Segment
from retender.workers.orders import Failed, Prepared, Transcribed
from tests.support.engines.whisper_orders import Desk, mistakes, whole, words_of
from tests.support.paths import DIGITS
from tests.support.sound.known_words import Speech, pause, said, talk
from tests.support.sound.media import needs_espeak, noise, silence
from tests.support.sound.undisturbed import alone_in_one_chunk, assert_understood, share_in_time

pytestmark = needs_espeak

AUDIBLE = 500
PHRASE = "seven alpha two bravo nine charlie"
MISTAKES = 0.03
"""Of a hundred words so many may be wrong: here they are said without pauses between them."""


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    await desk.engine.close()


async def test_minutes_of_known_words_come_out_in_order_with_their_times(desk: Desk) -> None:
    speech = talk(100, seed=1)
    segments = await desk.transcript("job", speech)
    assert wrong(speech, segments) <= MISTAKES * len(speech.words)
    assert all(segment.language == "en" for segment in segments)
    assert all(0.5 < segment.confidence <= 1 for segment in segments)
    assert all(segment.end - segment.start <= 12 for segment in segments)
    starts = [segment.start for segment in segments]
    assert starts == sorted(starts)


def wrong(speech: Speech, segments: Sequence[Segment]) -> int:
    """The number of words."""
    return sum(max(len(said), len(heard)) for said, heard in mistakes(speech, segments))


async def test_numpy_has_no_threads_of_its_own_below_those_of_the_lanes(desk: Desk) -> None:
    """With some, OpenBLAS has been seen to wait for them for ever, where two lanes called it."""
    await desk.transcript("job", said(PHRASE.split()))
    threads = {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}
    assert threads == {1}


async def test_the_text_depends_neither_on_lanes_nor_on_batches(tmp_path: Path) -> None:
    english, spanish = talk(40, seed=2), talk(20, "es", seed=3)
    texts = []
    for lanes, batch in ((1, 1), (2, 1), (2, 3)):
        desk = Desk(tmp_path / f"{lanes}-{batch}", lanes=lanes, batch=batch)
        async with asyncio.TaskGroup() as group:
            jobs = [
                group.create_task(desk.transcript(f"job-{n}", speech, word_timestamps=True))
                for n, speech in enumerate((english, spanish))
            ]
        texts.append(tuple(tuple(job.result()) for job in jobs))
        await desk.engine.close()
    assert texts[1:] == texts[:1] * 2
    assert wrong(english, texts[0][0]) <= MISTAKES * len(english.words)


async def test_chunks_of_different_jobs_share_a_batch_and_stay_apart(desk: Desk) -> None:
    english, spanish = said(PHRASE.split()), said(["cinco", "ocho", "tres"], "es")
    apart = [await alone_in_one_chunk(desk, speech) for speech in (english, spanish)]
    desk.decoded("a", english)
    desk.decoded("b", spanish)
    heard = await desk.heard(
        desk.order("a", chunk=whole(english)), desk.order("b", chunk=whole(spanish))
    )
    assert [words_of(item.result.segments) for item in heard] == apart
    assert [item.result.language for item in heard] == ["en", "es"]
    assert {(item.engine, item.model) for item in heard} == {("local", "digits")}


async def test_words_are_told_when_they_were_said(desk: Desk) -> None:
    """Each alone between pauses, so that when they begin is known."""
    names = ["seven", "alpha", "two", "bravo", "nine", "charlie", "four", "delta"]
    speech, begins = pause(0.6), []
    for name in names:
        word = said([name])
        silent = next(n for n, sample in enumerate(word.samples) if abs(sample) > AUDIBLE)
        begin = (len(speech.samples) + silent) / SAMPLE_RATE
        begins.append(Said(name, begin, begin + len(word.samples) / SAMPLE_RATE))
        speech += word + pause(0.25)
    desk.decoded("job", speech)
    (told,) = await desk.heard(desk.order(chunk=whole(speech), language="en", word_timestamps=True))
    words = [word for segment in told.result.segments for word in segment.words]
    assert_understood(names, [word.word for word in words])
    assert share_in_time(begins[1:], words[1:], 0.15) >= 0.5
    assert all(0.3 < word.confidence <= 1 for word in words)
    for segment in told.result.segments:
        assert segment.words[0].start == segment.start
        assert segment.words[-1].end == segment.end


@pytest.mark.parametrize("shared", ["overlap", "overlap_after"])
async def test_words_are_measured_where_chunks_overlap_and_not_for_nothing(
    desk: Desk, shared: str
) -> None:
    speech = said(PHRASE.split())
    desk.decoded("job", speech)
    plain = desk.order(chunk=whole(speech), language="en")
    lapped = desk.order(
        chunk=msgspec.structs.replace(whole(speech), **{shared: 8000}), language="en"
    )
    alone, joined = await desk.heard(plain, lapped)
    assert alone.result.segments[0].words == ()
    words = [word.word for word in joined.result.segments[0].words]
    assert words == words_of(joined.result.segments)
    assert_understood(speech.words, words)


async def test_times_are_the_recordings(desk: Desk) -> None:
    speech = pause(20) + said(PHRASE.split())
    desk.decoded("job", speech)
    chunk = Chunk(20 * SAMPLE_RATE, len(speech.samples))
    (told,) = await desk.heard(desk.order(chunk=chunk, language="en"))
    assert 20 <= told.result.segments[0].start < 21
    assert told.result.segments[-1].end <= len(speech.samples) / SAMPLE_RATE


async def test_a_chunk_longer_than_the_window_loses_nothing_at_its_edges(desk: Desk) -> None:
    """Each of these chunks has two edges inside: a word lost or doubled at each would be more than
    four words in a hundred."""
    words = errors = 0
    for seed in range(6, 14):
        speech = talk(24, seed=seed)
        desk.decoded(f"job-{seed}", speech)
        order = desk.order(f"job-{seed}", chunk=whole(speech), language="en")
        (told,) = await desk.heard(order)
        words += len(speech.words)
        errors += wrong(speech, told.result.segments)
    assert errors <= MISTAKES * words


@pytest.mark.parametrize("sound", ["silence", "noise", "a twentieth of a second", "nothing"])
async def test_what_is_no_speech_makes_no_text(desk: Desk, sound: str) -> None:
    samples = {
        "silence": silence(9.0),
        "noise": noise(9.0, loud=40.0),
        "a twentieth of a second": silence(0.05),
        "nothing": silence(0.0),
    }[sound]
    speech = pause(0)._replace(samples=samples)
    desk.decoded("job", speech)
    for options in ({"word_timestamps": True}, {"multilingual": True}, {"language": "en"}):
        (told,) = await desk.heard(desk.order(chunk=whole(speech), **options))
        assert told.result.segments == ()


async def test_one_language_is_found_for_the_whole_of_a_job(desk: Desk) -> None:
    speech = talk(27, "es", seed=6) + pause(1) + talk(18, "en", seed=7)
    plan = await desk.plan("job", speech)
    heard = await desk.heard(*(desk.order(chunk=chunk) for chunk in plan.chunks))
    assert {item.result.language for item in heard} == {"es"}
    assert all((item.result.language_probability or 0) > 0.5 for item in heard)


async def test_the_most_probable_languages_are_told_with_the_preparation(desk: Desk) -> None:
    upload = await desk.upload(talk(20, "es", seed=6))
    (prepared,) = await desk.outcomes(desk.order(audio=upload))
    assert isinstance(prepared, Prepared)
    best, *others = prepared.language_candidates
    assert best.language == "es"
    assert others
    assert all(best.probability >= other.probability for other in others)


async def test_only_the_languages_that_are_expected_are_chosen_among(desk: Desk) -> None:
    upload = await desk.upload(talk(20, "es", seed=6))
    order = desk.order(audio=upload, languages=("en", "fr"))
    (prepared,) = await desk.outcomes(order)
    assert isinstance(prepared, Prepared)
    assert {each.language for each in prepared.language_candidates} <= {"en", "fr"}
    speech = talk(18, "es", seed=8) + pause(9) + talk(18, "en", seed=9)
    segments = await desk.transcript("more", speech, multilingual=True, languages=("en", "fr"))
    assert {segment.language for segment in segments} <= {"en", "fr"}


@pytest.mark.parametrize("multilingual", [False, True])
async def test_languages_of_which_the_model_knows_none_are_refused(
    desk: Desk, multilingual: bool
) -> None:
    speech = said(PHRASE.split())
    order = desk.order(audio=await desk.upload(speech), languages=("yue",))
    if multilingual:
        desk.decoded("job", speech)
        order = desk.order(chunk=whole(speech), languages=("yue",), multilingual=True)
    (refused,) = await desk.outcomes(order)
    assert isinstance(refused, Failed)
    assert refused.failure.code == "invalid_option"
    assert refused.failure.spoils_job


async def test_several_languages_are_told_apart_chunk_by_chunk(desk: Desk) -> None:
    spanish, english = talk(18, "es", seed=8), talk(18, "en", seed=9)
    speech = spanish + pause(9) + english
    segments = await desk.transcript("job", speech, multilingual=True, word_timestamps=True)
    assert len(mistakes(speech, segments)) <= 2
    middle = (len(spanish.samples) + 4.5 * SAMPLE_RATE) / SAMPLE_RATE
    for segment in segments:
        assert segment.language == ("es" if segment.end < middle else "en")


async def test_a_language_that_was_asked_for_is_not_looked_for(desk: Desk) -> None:
    speech = said(["cinco", "ocho", "tres"], "es")
    desk.decoded("job", speech)
    (told,) = await desk.heard(desk.order(chunk=whole(speech), language="es"))
    assert (told.result.language, told.result.language_probability) == ("es", None)


async def test_a_language_that_the_model_does_not_know_is_refused_by_name(desk: Desk) -> None:
    speech = said(PHRASE.split())
    desk.decoded("job", speech)
    good = desk.order(chunk=whole(speech), language="en")
    bad = desk.order(chunk=whole(speech), language="yue")
    heard, refused = await desk.outcomes(good, bad)
    assert isinstance(heard, Transcribed)
    assert isinstance(refused, Failed)
    assert refused.failure.code == "invalid_option"
    assert "'yue'" in refused.failure.message
    assert refused.failure.spoils_job
    assert not refused.failure.retryable


async def test_translation_prompt_and_hot_words_reach_the_model(desk: Desk) -> None:
    speech = said(PHRASE.split())
    desk.decoded("job", speech)
    plain = desk.order(chunk=whole(speech), language="en")
    hinted = desk.order(chunk=whole(speech), language="en", prompt="zulu " * 400, hotwords="alpha")
    other = desk.order(chunk=whole(speech), language="en", task=Task.TRANSLATE)
    for order in (plain, hinted, other):
        (told,) = await desk.heard(order)
        assert words_of(told.result.segments)


async def test_a_chunk_whose_audio_is_gone_breaks_alone(desk: Desk) -> None:
    speech = said(PHRASE.split())
    desk.decoded("a", speech)
    heard, broke = await desk.outcomes(
        desk.order("a", chunk=whole(speech)), desk.order("gone", chunk=whole(speech))
    )
    assert isinstance(heard, Transcribed)
    assert isinstance(broke, Failed)
    assert broke.failure.code == "upload_expired"


async def test_progress_grows_up_to_the_length_of_the_chunk(desk: Desk) -> None:
    speech = talk(24, seed=5)
    desk.decoded("job", speech)
    news = await desk.news(desk.order(chunk=whole(speech), language="en"))
    seconds = [item.seconds for item in news if isinstance(item, Progress)]
    assert seconds == sorted(seconds)
    assert len(set(seconds)) >= 6
    assert seconds[-1] == pytest.approx(len(speech.samples) / SAMPLE_RATE, abs=0.02)


async def test_the_window_of_the_model_decides_how_a_recording_is_cut(desk: Desk) -> None:
    plan = await desk.plan("job", talk(60, seed=10))
    assert max(chunk.seconds for chunk in plan.chunks) <= 10.0


async def test_a_model_that_is_not_there_is_told_before_anything_is_decoded(desk: Desk) -> None:
    order = desk.order(audio=await desk.upload(said(PHRASE.split())), model="small")
    (outcome,) = await desk.outcomes(order)
    assert isinstance(outcome, Failed)
    assert outcome.failure.code == "model_unavailable"
    assert str(desk.root / "models" / "small") in outcome.failure.message
    assert list(desk.blobs.job_folder("job").iterdir()) == []


async def test_a_chunk_for_a_model_that_is_not_there_fails_for_good(desk: Desk) -> None:
    with pytest.raises(ModelUnavailable, match="not here and cannot be downloaded"):
        await desk.news(desk.order(chunk=Chunk(0, 10), model="small"))


async def test_work_that_is_called_off_computes_no_further_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows: list[object] = []
    encode = Model.encode

    def counted(model: Model, these: Sequence[Features], frames: int = 3000) -> object:
        windows.extend(these)
        return encode(model, these, frames)

    monkeypatch.setattr(Model, "encode", counted)
    desk = Desk(tmp_path)
    short = said(PHRASE.split())
    desk.decoded("other", short)
    text = await alone_in_one_chunk(desk, short, language="en")
    alone = len(windows)
    speech = talk(30, seed=11)
    for _ in range(3):
        speech += speech
    desk.decoded("job", speech)
    async with aclosing(desk.engine.work((desk.order(chunk=whole(speech)),))) as news:
        async for item in news:
            if isinstance(item, Progress) and item.seconds > 0:
                break
    begun = len(windows)
    (told,) = await desk.heard(desk.order("other", chunk=whole(short), language="en"))
    assert len(windows) == begun + alone, "those of the other recording"
    assert words_of(told.result.segments) == text
    await desk.engine.close()


async def test_a_model_comes_into_memory_when_it_is_needed_and_goes_when_it_is_not(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path, idle_seconds=0.0)
    await desk.engine.open()
    speech = said(PHRASE.split())
    desk.decoded("job", speech)
    assert not desk.engine.held
    async with aclosing(desk.engine.work((desk.order(chunk=whole(speech)),))) as news:
        at_work = [(desk.engine.needs_restart, set(desk.engine.held)) async for _ in news]
    assert not any(needs_restart for needs_restart, _ in at_work)
    assert at_work[-1][1] == {DIGITS}
    for _ in range(5):
        await asyncio.sleep(0)
    assert not desk.engine.held
    assert desk.engine.needs_restart
    (told,) = await desk.heard(desk.order(chunk=whole(speech)))
    assert_understood(speech.words, words_of(told.result.segments))  # a spent engine still works
    await desk.engine.close()


async def test_an_engine_that_held_no_model_has_nothing_to_give_back(tmp_path: Path) -> None:
    desk = Desk(tmp_path, idle_seconds=0.0)
    await desk.outcomes(desk.order(audio=await desk.upload(pause(1)), language="en"))
    await asyncio.sleep(0)
    assert not desk.engine.needs_restart
    await desk.engine.close()


async def test_an_engine_can_be_made_from_plain_values(tmp_path: Path) -> None:
    """As its recipe arrives in another process."""
    desk = Desk(tmp_path)
    made = WhisperEngine(
        msgspec.to_builtins(desk.engine._settings),
        blobs=desk.blobs,
        preparation=msgspec.to_builtins(desk.engine._preparation),
    )
    desk.engine = made
    speech = said(PHRASE.split())
    outcome, *_ = await desk.outcomes(desk.order(audio=await desk.upload(speech)))
    assert isinstance(outcome, Prepared)
    assert (outcome.engine, outcome.model) == ("local", "digits")
    await made.close()


async def test_a_temperature_is_sampled_with(desk: Desk) -> None:
    speech = said(PHRASE.split())
    desk.decoded("job", speech)
    (told,) = await desk.heard(desk.order(chunk=whole(speech), language="en", temperature=0.4))
    assert set(words_of(told.result.segments)) & set(PHRASE.split())
