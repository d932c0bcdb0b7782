"""How much is done at a time on an instance, by what its container allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.settings import Settings, read
from deployments.wiring import groq, instance

NO_FILE = Path("/nonexistent/.env")
MIB = 1024 * 1024

V2 = "sys/fs/cgroup"
V1 = "sys/fs/cgroup/{}/docker/abc"


def settings(**values: str) -> Settings:
    return read({"RETENDER_PROFILE": "koyeb", "GROQ_API_KEY": "gsk_x", **values}, NO_FILE)


def machine(root: Path, files: dict[str, str], memory: int = 8192 * MIB) -> Path:
    put(root, "proc/meminfo", f"MemTotal: {memory // 1024} kB\nMemAvailable: 1 kB\n")
    for name, text in files.items():
        put(root, name, text)
    return root


def put(root: Path, name: str, text: str) -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def v2(root: Path, memory: str, cpu: str) -> Path:
    return machine(root, {f"{V2}/memory.max": memory, f"{V2}/cpu.max": cpu})


def v1(root: Path, memory: int, quota: int) -> Path:
    """The limit stands on the group of this process, deep below the root of each hierarchy."""
    memory_group, cpu_group = V1.format("memory"), V1.format("cpu")
    return machine(
        root,
        {
            "proc/self/cgroup": "4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n0::/\n",
            f"{memory_group}/memory.limit_in_bytes": str(memory),
            f"{cpu_group}/cpu.cfs_quota_us": str(quota),
            f"{cpu_group}/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": str(2**63 - 4096),
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
        },
    )


def test_the_free_instance_is_seen_in_either_kind_of_control_groups(tmp_path: Path) -> None:
    for found in (
        instance.limits(settings(), v2(tmp_path / "2", f"{512 * MIB}", "10000 100000")),
        instance.limits(settings(), v1(tmp_path / "1", 512 * MIB, 10_000)),
    ):
        assert (found.memory, found.cpu, found.at_once) == (512 * MIB, 0.1, 2)
        assert "512 MiB of memory and 0.1 of a processor: 2 at a time" in found.reason


def test_a_small_virtual_machine_that_hides_its_share_is_taken_to_be_slow(tmp_path: Path) -> None:
    found = instance.limits(settings(), machine(tmp_path, {}, memory=480 * MIB))
    assert (found.memory, found.cpu, found.at_once) == (480 * MIB, None, 2)
    assert "no limit on its processor" in found.reason


def test_of_several_limits_the_tightest_holds(tmp_path: Path) -> None:
    root = v2(tmp_path, f"{900 * MIB}", "max 100000")
    put(root, "proc/self/cgroup", "0::/kubepods/pod1\n")
    put(root, f"{V2}/kubepods/pod1/memory.max", f"{256 * MIB}")
    assert instance.limits(settings(), root).memory == 256 * MIB


@pytest.mark.parametrize(
    ("memory", "cpu", "at_once"),
    [("200", "200000", 1), ("256", "10000", 2), ("2048", "200000", 4), ("max", "max", 4)],
)
def test_more_is_done_at_a_time_where_there_is_more(
    tmp_path: Path, memory: str, cpu: str, at_once: int
) -> None:
    limit = memory if memory == "max" else str(int(memory) * MIB)
    assert instance.limits(settings(), v2(tmp_path, limit, f"{cpu} 100000")).at_once == at_once


def test_what_the_owner_has_set_is_left_as_it_is(tmp_path: Path) -> None:
    given = settings(MAX_CONCURRENT_JOBS="7")
    found = instance.limits(given, v2(tmp_path, f"{512 * MIB}", "10000 100000"))
    assert found.at_once == 7
    assert "as MAX_CONCURRENT_JOBS says" in found.reason


def test_groq_gets_as_many_requests_at_a_time_as_were_chosen(tmp_path: Path) -> None:
    given = settings()
    found = instance.limits(given, v2(tmp_path, f"{512 * MIB}", "10000 100000"))
    assert groq.account(instance.within(given, found)).lanes == found.at_once
    assert groq.account(read({"GROQ_API_KEY": "gsk_x"}, NO_FILE)).lanes == 4
