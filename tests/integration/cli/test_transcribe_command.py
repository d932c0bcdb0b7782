"""`retender transcribe` as a person meets it: real recordings, the bundled model, no service."""

from __future__ import annotations

import shutil
import signal
import subprocess
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.support.engines.recognition_service import linux_only
from tests.support.http.command import (
    COMMAND,
    DEADLINE,
    Done,
    environment,
    retender,
    running,
    serving,
    until,
)
from tests.support.sound.speech import needs_speech, say, talk
from tests.support.sound.undisturbed import heard_alone

WORDS = "one two three four five six seven eight nine"

pytestmark = needs_speech


@pytest.fixture(scope="module")
def recording() -> Path:
    return say(WORDS).path


@pytest.fixture(scope="module")
def text() -> str:
    """What is heard in it undisturbed."""
    return heard_alone(say(WORDS)).text


async def transcribe(folder: Path, *arguments: str | Path, **given: str) -> Done:
    return await retender(folder, "transcribe", *arguments, "--no-service", **given)


async def test_it_prints_what_was_said(recording: Path, text: str, tmp_path: Path) -> None:
    assert await transcribe(tmp_path, recording) == (0, f"{text}\n", "")


async def test_a_service_that_runs_here_does_the_work(
    recording: Path, text: str, tmp_path: Path
) -> None:
    with serving(tmp_path):
        assert await retender(tmp_path, "transcribe", recording) == (0, f"{text}\n", "")
        listed = await retender(tmp_path, "jobs")
    assert listed.out.count("completed") == 1


async def test_it_writes_a_file_for_each_recording(recording: Path, tmp_path: Path) -> None:
    for name in ("digits.wav", "digits.mp3"):
        shutil.copy(recording, tmp_path / name)
    done = await transcribe(tmp_path, "digits.*", "--format", "srt", "--output-dir", "texts")
    assert done == (0, "", "")
    texts = {path.name: path.read_text() for path in (tmp_path / "texts").iterdir()}
    assert set(texts) == {"digits.srt", "digits-2.srt"}
    assert texts["digits.srt"].startswith("1\n00:00:00,")
    assert len(set(texts.values())) == 1


async def test_what_is_no_recording_is_refused_in_one_sentence(
    recording: Path, text: str, tmp_path: Path
) -> None:
    (tmp_path / "notes.mp3").write_text("these are notes, not sounds\n" * 100)
    done = await transcribe(tmp_path, "notes.mp3", recording)
    assert (done.code, done.out) == (1, f"{text}\n")
    assert done.err.startswith("notes.mp3: this is not a recording of any known type")
    assert len(done.err.splitlines()) == 1


async def test_a_model_that_cannot_be_had_says_what_to_do(recording: Path, tmp_path: Path) -> None:
    given = {"HF_HUB_CACHE": str(tmp_path)}
    done = await transcribe(tmp_path, recording, "--model", "medium", **given)
    assert done.code == 1
    assert "the model 'medium' is not here and cannot be downloaded" in done.err
    assert str(tmp_path / "models" / "medium") in done.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nothing.wav",), "there is no file nothing.wav"),
        (("*.wav",), "no file is called like *.wav"),
        ((".",), ". is a folder"),
        (("{recording}", "--language", "xx"), "language cannot be 'xx'"),
        (("{recording}", "--languages", "es,xx"), "languages cannot be 'es,xx'"),
        (("{recording}", "--format", "doc"), "'doc'"),
        (("{recording}", "--temperature", "2"), "--temperature"),
        ((), "FILE"),
    ],
)
async def test_what_is_asked_for_wrongly_ends_with_2_before_anything_is_done(
    recording: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    named = [argument.format(recording=recording) for argument in arguments]
    done = await transcribe(tmp_path, *named)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.err
    assert "Traceback" not in done.err


async def test_a_recording_is_fetched_from_where_it_is(
    recording: Path, text: str, tmp_path: Path
) -> None:
    class Shelf(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(recording.parent))  # type: ignore[arg-type]  # as it was given

        def log_message(self, *_: object) -> None:
            """To nobody."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Shelf) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        done = await transcribe(tmp_path, f"{url}/nothing.wav", f"{url}/{recording.name}")
        server.shutdown()
    assert (done.code, done.out) == (1, f"{text}\n")
    assert done.err.startswith(f"{url}/nothing.wav: the recording could not be fetched: ")
    assert "404" in done.err


async def test_ctrl_c_ends_it_in_order_and_leaves_nothing_behind(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    wanted = ("transcribe", talk(240).path, "--no-service")
    async with running(tmp_path, *wanted, TMPDIR=str(scratch)) as process:

        async def so() -> bool:
            return bool(list(scratch.glob("retender-*/jobs/*/*")))

        await until(so)
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"")
    assert list(scratch.glob("retender-*")) == []


@linux_only
def test_someone_who_watches_sees_how_far_it_is(recording: Path, text: str, tmp_path: Path) -> None:
    """On a terminal there are bars, and what is printed is not among them."""
    shown = _on_a_terminal(tmp_path, f"retender transcribe {recording} --no-service > text")
    assert (tmp_path / "text").read_text() == f"{text}\n"
    assert recording.name in shown
    assert "Preparing the audio" in shown or "Processing segment" in shown
    assert "✓" in shown
    assert "\x1b[3" in shown, "it has colours"


@linux_only
def test_colours_are_left_out_where_nobody_wants_them(recording: Path, tmp_path: Path) -> None:
    command = f"NO_COLOR=1 retender transcribe {recording} --no-service"
    assert "\x1b[3" not in _on_a_terminal(tmp_path, command)


def _on_a_terminal(folder: Path, command: str) -> str:
    """All that is shown, by util-linux's `script`."""
    whole = command.replace("retender transcribe", '"$PYTHON" -c "$PROGRAM" transcribe', 1)
    python, _, program = COMMAND
    given = environment(folder, PYTHON=python, PROGRAM=program, TERM="xterm-256color")
    done = subprocess.run(
        ["script", "--quiet", "--return", "--command", whole, "/dev/null"],
        cwd=folder,
        env=given,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=True,
    )
    return done.stdout
