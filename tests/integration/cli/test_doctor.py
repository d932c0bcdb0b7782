"""`retender doctor`: what it finds, and that each line says what to do."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from deployments.doctor.examination import examine
from deployments.doctor.finding import PAGE, SECTIONS, Finding, State
from retender.journal.lock import JournalLock
from tests.support.docs import anchors
from tests.support.groq.rules import KEY, GroqService
from tests.support.groq.server import GroqServer
from tests.support.http.command import environment, retender, serving_beside
from tests.support.paths import PROJECT

NOWHERE = "http://127.0.0.1:9"


class Ward:
    """Looks at a service with these settings, and at nothing of the machine's own."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._patch = patch

    async def look(self, **given: str) -> Mapping[str, Finding]:
        self._patch.chdir(self._folder)
        for name in list(os.environ):
            self._patch.delenv(name)
        for name, value in environment(self._folder / "data", **given).items():
            self._patch.setenv(name, value)
        return {finding.about: finding for finding in await examine()}


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ward:
    return Ward(tmp_path, monkeypatch)


async def test_where_all_is_well_nothing_is_to_be_done(ward: Ward) -> None:
    found = await ward.look()
    assert {about: f for about, f in found.items() if f.state is State.BAD} == {}
    assert {"ffmpeg", "engine", "model", "disk", "data folder", "service"} <= set(found)
    assert "digits" in found["model"].found


async def test_whatever_is_not_well_says_what_to_do(ward: Ward) -> None:
    found = await ward.look(HOST="0.0.0.0", DEFAULT_MODEL="large-v3", PATH="/nonexistent")
    assert any(finding.state is not State.GOOD for finding in found.values())
    for finding in found.values():
        assert (finding.state is State.GOOD) == (not finding.advice), finding
        assert (finding.state is State.GOOD) == (not finding.page), finding


def test_each_check_has_a_section_in_the_docs() -> None:
    there = anchors(PROJECT / PAGE)
    assert {about: section for about, section in SECTIONS.items() if section not in there} == {}


async def test_a_problem_is_shown_with_its_page(tmp_path: Path) -> None:
    done = await retender(tmp_path, "doctor", DEFAULT_MODEL="smal")
    assert "docs/troubleshooting.md#the-model-does-not-load" in done.out


async def test_a_gpu_that_was_asked_for_and_cannot_be_used_is_found(ward: Ward) -> None:
    without = await ward.look(RETENDER_DEVICE="cuda", CUDA_VISIBLE_DEVICES="-1")
    assert without["device"].state is State.DOUBTFUL
    assert "RETENDER_DEVICE" in without["device"].advice
    assert (await ward.look(CUDA_VISIBLE_DEVICES="-1"))["device"].state is State.GOOD
    assert "device" not in await ward.look(RETENDER_DEVICE="cpu")


async def test_a_gpu_without_its_library_is_found(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.doctor.machine.gpu_visible", lambda: True)
    found = (await ward.look(CUDA_VISIBLE_DEVICES="-1"))["device"]
    assert (found.state, "cuBLAS" in found.found) == (State.DOUBTFUL, True)


async def test_a_store_of_recordings_is_written_to_and_read(ward: Ward, tmp_path: Path) -> None:
    found = await ward.look(RETENDER_BLOBS_URL=f"file://{tmp_path}/store")
    assert found["object store"].state is State.GOOD
    assert "object store" not in await ward.look()


@pytest.mark.parametrize("url", ["nonsense://store", "file:///dev/null/store"])
async def test_a_store_of_recordings_that_cannot_be_used_is_found(ward: Ward, url: str) -> None:
    found = await ward.look(RETENDER_BLOBS_URL=url)
    assert found["object store"].state is State.BAD
    assert url in found["object store"].found


async def test_a_wrong_setting_is_found_first_and_alone(ward: Ward) -> None:
    found = await ward.look(MAX_QUEUE="many")
    assert list(found) == ["settings"]
    assert found["settings"].state is State.BAD
    assert "MAX_QUEUE" in found["settings"].found


async def test_without_the_network_a_model_that_is_not_here_is_missed(ward: Ward) -> None:
    found = await ward.look(DEFAULT_MODEL="tiny", HF_HUB_CACHE="/nonexistent")
    assert found["model"].state is State.BAD
    assert "retender models download tiny" in found["model"].advice
    found = await ward.look(
        DEFAULT_MODEL="tiny", HF_HUB_CACHE="/nonexistent", HF_ENDPOINT=NOWHERE, RETENDER_OFFLINE=""
    )
    assert found["model"].state is State.DOUBTFUL
    assert found["model hub"].state is State.BAD


async def test_with_the_model_here_nobody_needs_the_network(ward: Ward) -> None:
    found = await ward.look(HF_ENDPOINT=NOWHERE, RETENDER_OFFLINE="")
    assert found["model hub"].state is State.DOUBTFUL


async def test_a_model_that_nobody_knows_is_told_with_the_nearest(ward: Ward) -> None:
    found = await ward.look(DEFAULT_MODEL="smal")
    assert found["model"].state is State.BAD
    assert "'small'" in found["model"].found


async def test_an_ffmpeg_that_cannot_be_run_is_found(ward: Ward, tmp_path: Path) -> None:
    fake = tmp_path / "bin" / "ffmpeg"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(0o755)
    found = await ward.look(PATH=f"{fake.parent}:/bin:/usr/bin")
    assert found["ffmpeg"].state is State.BAD


async def test_an_ffmpeg_that_lacks_a_codec_is_found(ward: Ward, tmp_path: Path) -> None:
    true = shutil.which("ffmpeg")
    if true is None:
        pytest.skip("ffmpeg is not here")
    fake = tmp_path / "bin" / "ffmpeg"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\n{true} "$@" | grep -v opus\n')
    fake.chmod(0o755)
    found = await ward.look(PATH=f"{fake.parent}:{os.environ['PATH']}")
    assert found["ffmpeg"].state is State.DOUBTFUL
    assert "opus" in found["ffmpeg"].found


async def test_a_port_that_another_program_has_is_found(ward: Ward) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        found = await ward.look(PORT=str(other.getsockname()[1]))
    assert found["service"].state is State.BAD
    assert "PORT" in found["service"].advice


async def test_who_holds_the_journal_is_named(ward: Ward, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    lock = JournalLock(str(tmp_path / "data" / "journal.db.lock"))
    lock.acquire()
    found = await ward.look()
    lock.release()
    assert found["service"].state is State.BAD
    assert f"process {os.getpid()} " in found["service"].found
    assert (await ward.look())["service"].state is State.GOOD


async def test_a_data_folder_that_is_none_is_found(ward: Ward, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    assert (await ward.look())["data folder"].state is State.BAD


async def test_looking_changes_nothing(ward: Ward, tmp_path: Path) -> None:
    await ward.look()
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - not in a loop's way


async def test_a_service_that_strangers_can_use_is_doubtful(ward: Ward) -> None:
    found = await ward.look(HOST="0.0.0.0")
    assert found["keys"].state is State.DOUBTFUL
    assert "retender keys create" in found["keys"].advice
    found = await ward.look(HOST="0.0.0.0", RETENDER_API_KEYS="a-secret-of-ones-own-1234")
    assert found["keys"].state is State.GOOD


async def test_damaged_keys_are_found(ward: Ward, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "keys.json").write_text("[{")
    assert (await ward.look())["keys"].state is State.BAD


async def test_groq_is_asked_whether_it_takes_the_key(ward: Ward) -> None:
    assert "groq" not in await ward.look()
    async with GroqServer(GroqService()).running() as server:
        good = await ward.look(GROQ_API_KEY=KEY, GROQ_BASE_URL=server.address)
        bad = await ward.look(GROQ_API_KEY="gsk_another", GROQ_BASE_URL=server.address)
    gone = await ward.look(GROQ_API_KEY=KEY, GROQ_BASE_URL=NOWHERE)
    assert good["groq"].state is State.GOOD
    assert bad["groq"].state is State.BAD
    assert gone["groq"].state is State.DOUBTFUL
    assert all(KEY not in str(found) for found in (good, bad, gone))


async def test_a_service_that_runs_is_found(tmp_path: Path) -> None:
    async with serving_beside(tmp_path) as service:
        done = await retender(tmp_path, "doctor")
    assert done.code == 0
    assert f"it runs at {service.url}" in done.out


async def test_programs_get_it_as_json_and_by_the_exit_status(tmp_path: Path) -> None:
    well = await retender(tmp_path, "doctor", "--json")
    assert (well.code, json.loads(well.out)["ok"]) == (0, True)
    ill = await retender(tmp_path, "doctor", "--json", DEFAULT_MODEL="tiny", HF_HUB_CACHE="/none")
    assert (ill.code, json.loads(ill.out)["ok"]) == (1, False)
    checks = {check["about"]: check for check in json.loads(ill.out)["checks"]}
    assert checks["model"]["state"] == "bad"
    assert (
        await retender(tmp_path, "doctor", DEFAULT_MODEL="tiny", HF_HUB_CACHE="/none")
    ).code == 1


async def test_a_convex_that_cannot_be_reached_is_a_warning_and_a_mistake_is_bad(
    ward: Ward,
) -> None:
    away = (await ward.look(CONVEX_URL=NOWHERE, CONVEX_API_KEY="a-key"))["convex"]
    assert (away.state, "cannot be reached" in away.found) == (State.DOUBTFUL, True)
    client = await ward.look(CONVEX_URL="https://x.convex.cloud", CONVEX_API_KEY="a-key")
    assert client["convex"].state is State.BAD
    assert "https://x.convex.site" in client["convex"].found
    assert "convex" not in await ward.look()
