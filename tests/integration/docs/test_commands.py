"""A reader who copies a command from the pages gets what the page says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import httpx
import pytest

from tests.integration.docs.written import (
    NOT_RUN,
    READERS_OWN,
    RECORDINGS,
    Block,
    reason,
    to_run,
    written,
)
from tests.support.http.command import DEADLINE, environment, serving
from tests.support.http.warm_command import warm_command
from tests.support.paths import PROJECT

SAMPLES: Final = PROJECT / "web" / "public" / "page"

SHOWN: Final = {
    r"page/sample-": r'"text": ?"\w',
    r"transcribe-job\s+#": r'(?s)"job_id".*"progress".*\d --> \d',
    r"\.venv/bin/retender transcribe": r'(?s)\d --> \d.*"text": ?"\w',
    r"stt\.example\.org/health": r'(?s)"status": ?"healthy".*"websocket_url": ?"ws',
    r"Upgrade: websocket": r"^HTTP/1\.1 101",
    r"queue/info": r"(?s)\"profile\".*\"workers\".*rt_",
    r"scope admin": r"rt_",
    r"PUT -H 'If-Match": r"Hola a todos\.",
    r"audio/transcriptions": r'"text": ?"\w',
    r"curl -T|callback_url": r'"job_id"',
    r"openssl": r"^whsec_",
    r"retender doctor": r"models compute on the CPU",
}
"""What the output of a block with this in it has."""

LEFT: Final = {
    r"'talks/\*\.mp3' --format srt": ("subtitles/keynote.srt",),
    r"'charlas/": ("subtitulos/inaugural.srt",),
    r"'videos/\*\*": ("subtitles/talk.srt", "subtitles/other.srt"),
    r"printf '%h": ("videos/a/talk.srt", "videos/a/other.srt"),
    r"watch-folder": ("texts/2024/talk.srt", "texts/2024/talk.txt"),
    r"retender backup": ("backup/manifest.json",),
    r"retender restore": ("restored/journal.db",),
}
"""The files that a block with this in it leaves."""


def test_what_is_not_run_or_is_replaced_or_expected_is_on_a_page() -> None:
    lines = [line for _, block in written() for line in block.splitlines()]
    assert [each for each in NOT_RUN if not any(re.match(each, line) for line in lines)] == []
    scripts = [block.script for block in to_run()]
    for named in (READERS_OWN, SHOWN, LEFT):
        assert [each for each in named if not any(re.search(each, one) for one in scripts)] == []


def test_a_new_command_is_run_if_no_reason_is_given() -> None:
    assert reason("make serve   # starts it") is not None
    assert reason("retender transcribe talk.mp3") is None


def test_what_a_page_promises_and_does_not_come_is_told(tmp_path: Path) -> None:
    block = Block("page.md", "retender backup DIR; openssl")
    found = faults(block, "exit 3", tmp_path, tmp_path)
    assert [each.partition(" from ")[0] for each in found] == [
        *("exit status 3", "no ^whsec_", "no backup/manifest.json"),
    ]


@pytest.mark.skipif(
    None in map(shutil.which, ("bash", "curl", "openssl")),
    reason="a reader has bash, curl and openssl",
)
def test_every_command_of_the_pages_works_as_it_is_written(tmp_path: Path) -> None:
    """All in one test, for they share one service."""
    home = tmp_path / "home"
    for folder in (home / ".venv" / "bin", tmp_path / "data"):
        folder.mkdir(parents=True)
    (home / "web").symlink_to(PROJECT / "web")
    for name in RECORDINGS:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SAMPLES / "sample-en.ogg", home / name)
    command = home / ".venv" / "bin" / "retender"
    settings = {"RETENDER_CALLBACK_PRIVATE": "yes"}
    with serving(tmp_path / "data", **settings) as service, warm_command(command):
        values = {
            "url": service.url,
            "job": job(service.url, home / "meeting.m4a"),
            "version": "0",
            "data": str(tmp_path / "data"),
            "backup": "backup",
            "restored": "restored",
        }
        wrong = [
            found
            for block in to_run()
            for found in faults(block, block.made_real(values), home, tmp_path / "data")
        ]
    assert wrong == [], "\n\n".join(wrong)


def job(url: str, recording: Path) -> str:
    """One that is done."""
    with recording.open("rb") as file:
        answer = httpx.post(f"{url}/transcribe", files={"file": file}, timeout=DEADLINE)
    job_id: str = answer.raise_for_status().json()["job_id"]
    return job_id


def faults(block: Block, script: str, home: Path, data: Path) -> list[str]:
    """What the page promises and the reader does not get."""
    # A service that has keys wants them from all: they are made for another one.
    folder = Path(mkdtemp(dir=home)) if "retender keys" in script else data
    path = f"{home / '.venv/bin'}:{environment(folder)['PATH']}"
    done = subprocess.run(
        ["bash", "-eu", "-c", script],
        cwd=home,
        env=environment(folder, PATH=path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    found = []
    if done.returncode:
        found.append(f"exit status {done.returncode}")
    if refused := re.search(r'\{"error": ?\{.*', done.stdout):
        found.append(refused[0])
    for part, shown in SHOWN.items():
        if re.search(part, block.script) and not re.search(shown, done.stdout):
            found.append(f"no {shown}")
    for part, names in LEFT.items():
        if re.search(part, block.script):
            found += [f"no {name}" for name in names if not (home / name).exists()]
    told = f"{block.page}:\n{script}\n{done.stdout}{done.stderr}"
    return [f"{each} from {told}" for each in found]
