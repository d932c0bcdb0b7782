"""The log lines of processes on Ray, as they are passed on."""

from __future__ import annotations

from pathlib import Path

from deployments.ray_cluster.process_logs import LINE_BYTES, READ_BYTES, ProcessLogs


def add(folder: Path, text: str, name: str = "worker-1.err") -> None:
    with (folder / name).open("a") as file:
        file.write(text)


class Reader:
    def __init__(self, folder: Path) -> None:
        self._texts: list[str] = []
        self.logs = ProcessLogs(folder, self._texts.append)

    def lines(self) -> list[str]:
        self.logs.stop()
        return "".join(self._texts).splitlines()


def test_lines_of_our_processes_are_passed_on_once_and_whole(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    add(tmp_path, "one\ntw")
    assert reader.lines() == ["one"]
    reader = Reader(tmp_path)
    add(tmp_path, "o\nthree\n")
    add(tmp_path, "other\n", "worker-2.out")
    assert reader.lines() == ["one", "two", "three", "other"]


def test_what_ray_says_itself_is_left_in_its_files(tmp_path: Path) -> None:
    add(tmp_path, ":job_id:01000000\n:actor_name:RayCell\nours\n")
    add(tmp_path, "[2026-11-28 12:03:14,158 I 1823 1823] (raylet) store_runner.cc:66: Starting\n")
    add(tmp_path, "INFO 2026-11-28 11:58:48,932 serve 30013 -- Throughput optimized:\n  • gRPC\n\n")
    add(tmp_path, "elsewhere\n", "raylet.err")
    assert Reader(tmp_path).lines() == ["ours"]


def test_a_line_without_an_end_does_not_grow_in_memory(tmp_path: Path) -> None:
    add(tmp_path, "x" * (2 * LINE_BYTES + 1))
    assert [len(line) for line in Reader(tmp_path).lines()] == [LINE_BYTES, LINE_BYTES]


def test_a_file_that_is_rotated_is_followed(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    add(tmp_path, "before\n")
    reader.logs.look()
    (tmp_path / "worker-1.err").rename(tmp_path / "worker-1.err.1")
    add(tmp_path, "after\n")
    reader.logs.look()
    assert reader.lines() == ["before", "after"]


def test_more_than_is_read_at_once_is_not_lost_at_the_end(tmp_path: Path) -> None:
    count = READ_BYTES // 10 + 100
    add(tmp_path, "123456789\n" * count)
    assert len(Reader(tmp_path).lines()) == count
