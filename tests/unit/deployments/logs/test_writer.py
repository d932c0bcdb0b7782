"""A log that is read late, or never, holds nobody up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from select import select
from types import SimpleNamespace

import pytest

from deployments.limits import LOG_CHARS_WAITING
from deployments.logs import writer
from deployments.logs.writer import LogWriter

DEADLINE = 60.0
LINE = f"{'x' * 999}\n"
MORE_THAN_A_PIPE_HOLDS = f"{'y' * (LOG_CHARS_WAITING - 1)}\n"


class Reader:
    """At the other end of the standard error."""

    def __init__(self) -> None:
        self.descriptor, self._other = os.pipe()
        self.stream = os.fdopen(self._other, "w")

    def read(self, end: str) -> str:
        """All up to these words."""
        said = ""
        while not said.endswith(end):
            said += os.read(self.descriptor, 1 << 16).decode()
        return said


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    there = Reader()
    monkeypatch.setattr(writer, "sys", SimpleNamespace(stderr=there.stream))
    with closing(there.stream):
        yield there
        os.close(there.descriptor)


@pytest.fixture
def lines(reader: Reader) -> Iterator[LogWriter]:
    opened = LogWriter(lambda number: f"{number} left out\n")
    yield opened
    opened.stop()


def fill(lines: LogWriter, reader: Reader) -> int:
    """The pipe, with the writer stuck in it, then more lines than can wait. How many of these."""
    lines.put(MORE_THAN_A_PIPE_HOLDS)
    select([reader.descriptor], [], [], DEADLINE)
    number = 2 * LOG_CHARS_WAITING // len(LINE)
    for _ in range(number):
        lines.put(LINE)
    return number


def test_what_is_read_comes_in_order_and_whole(lines: LogWriter, reader: Reader) -> None:
    said = [f"line {number}\n" for number in range(1000)]
    for line in said:
        lines.put(line)
    assert reader.read(said[-1]) == "".join(said)
    assert lines.caught_up(DEADLINE)


def test_who_does_not_read_holds_nobody_up_and_is_told_how_much_was_left_out(
    lines: LogWriter, reader: Reader
) -> None:
    put = fill(lines, reader)
    assert not lines.caught_up(0.0)
    said = reader.read("left out\n")
    assert lines.caught_up(DEADLINE)
    first, *read, told = said.splitlines(keepends=True)
    assert first == MORE_THAN_A_PIPE_HOLDS
    assert set(read) == {LINE}
    assert told == f"{put - len(read)} left out\n"
    lines.put("and on it goes\n")
    assert reader.read("on it goes\n") == "and on it goes\n"


def test_the_end_does_not_wait_for_who_does_not_read(
    lines: LogWriter, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "LOG_FLUSH_SECONDS", 0.1)
    fill(lines, reader)
    lines.stop()
    reader.read("left out\n")


def test_the_last_lines_are_written_before_the_end(reader: Reader) -> None:
    lines = LogWriter(str)
    for number in range(100):
        lines.put(f"line {number}\n")
    lines.stop()
    assert reader.read("line 99\n").count("\n") == 100


def test_a_reader_that_has_gone_harms_nobody(lines: LogWriter, reader: Reader) -> None:
    os.close(reader.descriptor)
    for _ in range(1000):
        lines.put(LINE)
    assert lines.caught_up(DEADLINE)
    reader.descriptor = os.open(os.devnull, os.O_RDONLY)
