"""What a machine gives, read from a system made of files, and what is made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.settings import BadSetting, Settings, read
from deployments.wiring import recognition
from deployments.wiring.resources import Resources, cores, gpu, memory
from deployments.wiring.whisper import SERVICE_BYTES, library, whisper
from retender.engines.models.library import Library

GIGABYTE = 1024**3
NO_FILE = Path("/nonexistent/.env")


def put(root: Path, name: str, text: str) -> Path:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return root


FREE = ("proc/meminfo", f"MemTotal: 99999999 kB\nMemAvailable: {8 * GIGABYTE // 1024} kB\n")
NEW = [("sys/fs/cgroup/memory.max", f"{GIGABYTE}\n"), ("sys/fs/cgroup/memory.current", "1000\n")]
OLD = [
    ("sys/fs/cgroup/memory/memory.limit_in_bytes", f"{GIGABYTE}\n"),
    ("sys/fs/cgroup/memory/memory.usage_in_bytes", "1000\n"),
]
NO_LIMIT = [("sys/fs/cgroup/memory.max", "max\n")]
OLD_NO_LIMIT = [("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ([FREE], 8 * GIGABYTE),
        ([FREE, *NEW], GIGABYTE - 1000),
        ([FREE, *OLD], GIGABYTE - 1000),
        ([FREE, *NO_LIMIT], 8 * GIGABYTE),
        ([FREE, *OLD_NO_LIMIT], 8 * GIGABYTE),
        (NEW, GIGABYTE - 1000),
        ([], 0),
    ],
)
def test_the_memory_is_what_is_free_and_what_the_container_may_have(
    tmp_path: Path, files: list[tuple[str, str]], found: int
) -> None:
    for name, text in files:
        put(tmp_path, name, text)
    assert memory(tmp_path) == found


def test_a_container_that_is_full_is_not_taken_for_an_unknown_one(tmp_path: Path) -> None:
    put(tmp_path, "sys/fs/cgroup/memory.max", "1000")
    put(tmp_path, "sys/fs/cgroup/memory.current", "1000")
    assert memory(tmp_path) == 1


@pytest.mark.parametrize(
    ("files", "most"),
    [
        ([("sys/fs/cgroup/cpu.max", "10000 100000\n")], 1),
        ([("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1")], 10_000),
        ([("sys/fs/cgroup/cpu.max", "max 100000\n")], 10_000),
        (
            [
                ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000"),
                ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000"),
            ],
            1,
        ),
    ],
)
def test_no_more_cores_are_used_than_there_is_time_for(
    tmp_path: Path, files: list[tuple[str, str]], most: int
) -> None:
    for name, text in files:
        put(tmp_path, name, text)
    assert 1 <= cores(tmp_path) <= most


def test_a_machine_without_a_gpu_has_none(tmp_path: Path) -> None:
    assert not gpu(tmp_path)


@pytest.mark.parametrize(
    ("allowed", "expected"), [(None, True), ("0", True), ("", False), ("-1", False)]
)
def test_a_gpu_that_may_not_be_used_is_none(
    allowed: str | None, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "dev/nvidia0", "")
    monkeypatch.setattr("deployments.wiring.resources.find_library", lambda _: "libcublas.so")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if allowed is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", allowed)
    assert gpu(tmp_path) is expected


def settings(**values: str) -> Settings:
    return read(values, NO_FILE)


def test_on_a_cpu_there_is_a_lane_for_each_core() -> None:
    made = whisper(settings(MAX_CONCURRENT_JOBS="8"), Resources(4 * GIGABYTE, 3, gpu=False))
    assert (made.device, made.precision, made.lanes, made.threads) == ("cpu", "int8", 3, 1)
    assert made.memory == 4 * GIGABYTE - SERVICE_BYTES


def test_cores_beyond_the_allowed_lanes_are_shared_among_them() -> None:
    made = whisper(settings(MAX_CONCURRENT_JOBS="3"), Resources(4 * GIGABYTE, 8, gpu=False))
    assert (made.lanes, made.threads) == (3, 2)


def test_on_a_gpu_chunks_go_in_batches() -> None:
    made = whisper(settings(), Resources(4 * GIGABYTE, 16, gpu=True))
    assert (made.device, made.precision, made.lanes) == ("cuda", "float16", 1)
    assert made.batch > 1
    assert made.memory == 0, "the machine's memory is not the GPU's"


def test_what_is_set_goes_before_what_is_found() -> None:
    made = whisper(
        settings(RETENDER_DEVICE="cpu", RETENDER_PRECISION="float32", MODEL_TTL_SECONDS="5"),
        Resources(0, 16, gpu=True),
    )
    assert (made.device, made.precision, made.idle_seconds) == ("cpu", "float32", 5.0)
    assert made.memory == 0


def test_little_memory_is_not_taken_for_unknown_memory() -> None:
    assert whisper(settings(), Resources(1000, 1, gpu=False)).memory > 0


def test_the_hub_is_set_by_its_own_names() -> None:
    made = library(
        settings(
            HF_ENDPOINT="https://hub.example.org/",
            HF_TOKEN="hf_secret",
            HF_HUB_CACHE="/cache",
            HTTPS_PROXY="http://proxy.example.org:3128",
            RETENDER_ANY_MODEL="yes",
        )
    )
    assert (made.hub_url, made.token) == ("https://hub.example.org", "hf_secret")
    assert (made.shared_cache, made.any_repository) == ("/cache", True)
    assert made.proxy == "http://proxy.example.org:3128"


@pytest.mark.parametrize("hub", ["https://hub.example.org", "http://mirror.local"])
def test_a_hub_nearby_is_reached_without_the_proxy(
    hub: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("no_proxy", "example.org")
    made = library(settings(HF_ENDPOINT=hub, HTTPS_PROXY="http://proxy:3128"))
    assert made.proxy is None


@pytest.mark.parametrize("name", ["mediun", "someone/model"])
def test_a_default_model_that_means_nothing_stops_the_start(name: str) -> None:
    with pytest.raises(BadSetting, match=rf"DEFAULT_MODEL.*there is no model '{name}'.*nearest"):
        recognition.pool(settings(DEFAULT_MODEL=name))


@pytest.mark.parametrize("name", ["large-v3-turbo", "digits"])
def test_a_default_model_may_go_by_any_of_its_names(name: str) -> None:
    assert recognition.pool(settings(DEFAULT_MODEL=name)).host == "process"


def test_a_default_model_may_be_any_repository_that_is_here(tmp_path: Path) -> None:
    for needed in ("config.json", "model.bin", "tokenizer.json"):
        put(tmp_path, f"models/someone--model/{needed}", "")
    recognition.pool(settings(DEFAULT_MODEL="someone/model", RETENDER_DATA_DIR=str(tmp_path)))


def model_in(folder: Path) -> Path:
    for needed in ("config.json", "model.bin", "tokenizer.json"):
        put(folder.parent, f"{folder.name}/{needed}", "")
    return folder


def test_a_default_model_may_be_a_folder_whose_last_part_is_its_name(tmp_path: Path) -> None:
    given = settings(DEFAULT_MODEL=str(model_in(tmp_path / "my-own")))
    assert recognition.pool(given).host == "process"
    assert Library(library(given)).find("my-own") == tmp_path / "my-own"
    assert whisper(given, Resources(0, 1, gpu=False)).default == "my-own"


def test_a_folder_without_a_model_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"empty, which lacks config\.json, model\.bin"):
        recognition.pool(settings(DEFAULT_MODEL=str(tmp_path / "empty")))


def test_a_folder_that_claims_to_be_a_known_model_must_be_that_model(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"model\.bin, .* is not that of Whisper base") as refused:
        recognition.pool(settings(DEFAULT_MODEL=str(model_in(tmp_path / "base"))))
    assert "another name" in refused.value.advice


def test_a_fallback_that_means_nothing_stops_the_start() -> None:
    with pytest.raises(BadSetting, match=r"RETENDER_FALLBACK_MODEL.*nearest is 'base'"):
        recognition.pool(settings(RETENDER_FALLBACK_MODEL="bass"))
    recognition.pool(settings(RETENDER_FALLBACK_MODEL=""))


def test_the_hubs_home_says_where_its_cache_is() -> None:
    assert library(settings(HF_HOME="/there")).shared_cache == "/there/hub"
    assert library(settings(HF_HOME="/there", HF_HUB_CACHE="/here")).shared_cache == "/here"


def test_a_token_is_never_shown() -> None:
    secret = settings(HF_TOKEN="hf_secret")
    assert "hf_secret" not in f"{secret!r} {secret} {library(secret)!r}"
