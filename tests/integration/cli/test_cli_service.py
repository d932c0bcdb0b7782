"""The commands against a service that runs: what they do, print, and end with."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from actors.manager.job_manager import JobManager
from deployments.settings import read
from deployments.wiring.keys import create
from retender.jobs.states import Status
from serve_app.access.api_keys import Scope
from serve_app.access.key_file import KeyFile, Keyring
from tests.support.actors.manual_worker import Hand
from tests.support.engines.scripted import Act, Passage, Script
from tests.support.http.command import Done, retender, running, until
from tests.support.http.http_service import PLAIN, Site, says, site

FAILS = Script((Passage(("never",), takes=0.0, acts=(Act.FATAL,)),))
LONG = says("for", "ever", takes=3600.0, chunks=4)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path / "service") as opened:
        yield opened


async def ask(here: Site, *arguments: str | Path, **given: str) -> Done:
    return await retender(at_hand(here), *arguments, "--server", here.url, **given)


def at_hand(here: Site) -> Path:
    """Where the one who asks has their recordings."""
    folder = here.services.blobs.root.parent / "at hand"
    folder.mkdir(exist_ok=True)
    return folder


def recording(here: Site, name: str, script: Script) -> Path:
    path = at_hand(here) / name
    path.write_bytes(script.recorded())
    return path


async def statuses(here: Site) -> list[Status]:
    page = await here.services.manager.ask(JobManager.jobs)
    return [job.status for job in page.jobs]


async def until_at_work(here: Site, count: int) -> None:
    async def so() -> bool:
        return (await statuses(here)).count(Status.PROCESSING) >= count

    await until(so)


async def test_recordings_become_texts_in_the_order_in_which_they_were_named(here: Site) -> None:
    recording(here, "slow.mp3", says("first", takes=0.5))
    recording(here, "quick.mp3", says("second"))
    assert await ask(here, "transcribe", "slow.mp3", "quick.mp3") == (0, "first\nsecond\n", "")


async def test_texts_go_to_files_and_nothing_is_said_where_nobody_watches(here: Site) -> None:
    for number in range(6):
        recording(here, f"talk {number}.mp3", says("talk", str(number)))
    wanted = ("transcribe", "talk*.mp3", "--format", "tsv", "--output-dir", "texts/new")
    assert await ask(here, *wanted) == (0, "", "")
    texts = {path.name: path.read_text() for path in (at_hand(here) / "texts/new").iterdir()}
    assert set(texts) == {f"talk {number}.tsv" for number in range(6)}
    assert all(f"\ttalk {name[5]}\n" in text for name, text in texts.items())


async def test_one_that_fails_is_told_of_and_keeps_nobody_from_the_others(here: Site) -> None:
    recording(here, "bad.mp3", FAILS)
    recording(here, "good.mp3", says("good"))
    done = await ask(here, "transcribe", "bad.mp3", "good.mp3")
    assert (done.code, done.out) == (1, "good\n")
    assert done.err.startswith("bad.mp3: ")
    assert len(done.err.splitlines()) == 1


async def test_what_the_service_refuses_is_said_in_its_own_words(tmp_path: Path) -> None:
    settings = msgspec.structs.replace(PLAIN, most_bytes=1000)
    async with site(tmp_path / "service", settings=settings) as here:
        (at_hand(here) / "large.mp3").write_bytes(says("large").recorded() * 50)
        done = await ask(here, "transcribe", "large.mp3")
    assert (done.code, done.out) == (1, "")
    assert done.err == "large.mp3: the upload exceeds 1000 bytes\n"


async def test_all_options_reach_the_service(here: Site) -> None:
    recording(here, "talk.mp3", says("hola"))
    done = await ask(
        here,
        *("transcribe", "talk.mp3", "--language", "Spanish", "--model", "small"),
        *("--task", "translate", "--engine", "local", "--word-timestamps", "--multilingual"),
        *("--prompt", "Sobre\nbarcos", "--hotwords", "quilla", "--temperature", "0.4"),
    )
    assert done.code == 0, done.err
    (job,) = (await here.services.manager.ask(JobManager.jobs)).jobs
    options = job.options
    assert (options.language, options.model, options.task) == ("es", "small", "translate")
    assert (options.engine, options.word_timestamps, options.multilingual) == ("local", True, True)
    assert (options.prompt, options.hotwords) == ("Sobre\nbarcos", "quilla")
    assert options.temperature == 0.4


async def test_ctrl_c_calls_off_what_was_handed_in(here: Site) -> None:
    recording(here, "a.mp3", LONG)
    recording(here, "b.mp3", msgspec.structs.replace(LONG, preparation=Passage(())))
    wanted = ("transcribe", "a.mp3", "b.mp3", "--server", here.url)
    async with running(at_hand(here), *wanted) as process:
        await until_at_work(here, 2)
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"")
    assert await statuses(here) == [Status.CANCELLED, Status.CANCELLED]


async def test_a_second_ctrl_c_leaves_at_once(here: Site) -> None:
    recording(here, "a.mp3", LONG)
    async with running(at_hand(here), "transcribe", "a.mp3", "--server", here.url) as process:
        await until_at_work(here, 1)
        # Nobody hears the first one out.
        here.runtime.deliver = lambda *_: None  # type: ignore[method-assign]  # the service is deaf
        process.send_signal(signal.SIGINT)
        while process.returncode is None:
            # Not by `send_signal`, which may take the exit status away from who waits for it.
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGINT)
            await asyncio.sleep(0.1)
        del here.runtime.deliver
    assert process.returncode == 130
    assert await statuses(here) == [Status.PROCESSING]


async def test_jobs_are_listed_as_lines_for_programs(here: Site) -> None:
    await here.submit(says("one"), "done")
    await here.ended("done")
    await here.submit(FAILS, "broken")
    await here.ended("broken")
    done = await ask(here, "jobs")
    assert [line.split("\t")[:3] for line in done.out.splitlines()] == [
        ["broken", "failed", "0%"],
        ["done", "completed", "100%"],
    ]
    failed = await ask(here, "jobs", "--status", "failed")
    assert [line.split("\t")[0] for line in failed.out.splitlines()] == ["broken"]


async def test_a_job_is_shown_with_what_it_failed_of(here: Site) -> None:
    await here.submit(FAILS)
    await here.ended("a")
    done = await ask(here, "job", "a")
    assert done.code == 0
    shown = dict(line.split("\t") for line in done.out.splitlines())
    assert (shown["job"], shown["status"]) == ("a", "failed")
    assert shown["error"].startswith("corrupt_media: ")


async def test_a_jobs_transcript_is_printed_in_any_format(here: Site) -> None:
    await here.submit(says("one", "two"))
    await here.ended("a")
    assert (await ask(here, "job", "a", "--format", "txt")).out == "one two\n"
    assert (await ask(here, "job", "a", "--format", "vtt")).out.startswith("WEBVTT\n")


async def test_jobs_are_called_off_and_those_that_cannot_be_are_told_of(here: Site) -> None:
    await here.submit(says("one"), "done")
    await here.ended("done")
    await here.submit(LONG, "long")
    done = await ask(here, "cancel", "done", "nobody", "long")
    assert (done.code, done.out) == (1, "")
    assert [line.partition(":")[0] for line in done.err.splitlines()] == ["done", "nobody"]
    assert (await here.job("long"))["status"] == "cancelled"


async def test_a_failed_job_is_given_another_chance(tmp_path: Path) -> None:
    script = says("at", "last")
    async with site(tmp_path / "service", workers=False) as here:
        await here.submit(script)
        hand = Hand(here, script)
        await hand.take()
        await hand.fail()
        assert (await here.job("a"))["status"] == "failed"
        assert await ask(here, "retry", "a") == (0, "", "")
        await hand.finish_all()
        assert (await here.job("a"))["status"] == "completed"


async def test_the_text_of_a_watched_job_appears_as_it_comes(tmp_path: Path) -> None:
    script = says("la", "lo", chunks=2)
    async with site(tmp_path / "service", workers=False) as here:
        await here.submit(script)
        hand = Hand(here, script)
        await hand.prepare()
        async with running(at_hand(here), "watch", "a", "--server", here.url) as process:
            assert process.stdout is not None
            await hand.finish()
            assert await process.stdout.readline() == b"la lo\n"
            assert (await here.job("a"))["status"] == "processing"
            await hand.finish_all()
            assert await process.stdout.read() == b"la lo\n"
            assert await process.wait() == 0


async def test_watching_a_job_that_fails_ends_with_why(here: Site) -> None:
    await here.submit(FAILS)
    done = await ask(here, "watch", "a")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("a: ")
    assert len(done.err.splitlines()) == 1


async def test_ctrl_c_while_watching_leaves_the_job_alone(here: Site) -> None:
    await here.submit(LONG)
    async with running(at_hand(here), "watch", "a", "--server", here.url) as process:

        async def so() -> bool:
            return here.services.open_sockets.count > 0

        await until(so)
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 130
    assert await statuses(here) == [Status.PROCESSING]


async def test_who_has_no_key_is_told_how_to_get_one(tmp_path: Path) -> None:
    settings = read({"RETENDER_DATA_DIR": str(tmp_path)}, tmp_path / ".env")
    key, _ = create(settings, scopes=[Scope.ADMIN])
    ring = Keyring(file=KeyFile(tmp_path / "keys.json"))
    async with site(tmp_path / "service", keys=ring) as here:
        recording(here, "a.mp3", says("one"))
        refused = await ask(here, "transcribe", "a.mp3")
        assert refused.code == 1
        assert "retender keys create" in refused.err
        assert (await ask(here, "transcribe", "a.mp3", RETENDER_KEY=key)).out == "one\n"
        assert (await ask(here, "jobs", "--key", key)).out.count("completed") == 1


async def test_a_service_that_is_not_there_is_told_of_with_how_to_start_it(tmp_path: Path) -> None:
    for command in (("jobs",), ("job", "a"), ("watch", "a"), ("cancel", "a"), ("retry", "a")):
        done = await retender(tmp_path, *command, "--server", "http://127.0.0.1:9")
        assert (done.code, done.out) == (1, "")
        assert done.err == (
            "no service answers at http://127.0.0.1:9; start one with `retender serve`, "
            "or say where it is with --server\n"
        )
