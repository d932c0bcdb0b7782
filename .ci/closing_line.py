"""The last line of CI: whether it passed, and how many tests of each step did, from its log."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

PYTEST_STARTS = re.compile(r"-m pytest\b(.*)")
VITEST_STARTS = re.compile(r"^(?:cd (\S+) && )?(?:\S+=\S+ )*npm test\b")
PYTEST_ENDS = re.compile(r"^=+ (.*\b(?:passed|failed|skipped|errors?|deselected)\b.*) in [\d.]+s")
BROWSER_COUNT = re.compile(r"^\S+ (pass|fail|cancelled|skipped) (\d+)$")
"""What Node's own runner ends with, one line each, in this order."""
VITEST_ENDS = re.compile(r"^\s*Tests\s+(.*)\(\d+\)\s*$")
COUNT = re.compile(r"(\d+) (passed|failed|skipped|errors?)\b")
OPTION_WITH_VALUE = ("-n", "--dist", "-m", "--ignore", "--cov-report", "--hypothesis-profile")


class Step(NamedTuple):
    name: str
    passed: int
    failed: int
    skipped: int

    def __str__(self) -> str:
        return f"{self.name} {self.passed}/{self.failed}/{self.skipped}"


def steps(lines: Iterable[str]) -> Iterator[Step]:
    """Each run of tests that has come to its end. A run that was cut off has no counts."""
    name = "tests"
    browser: dict[str, int] = {}
    for coloured in lines:
        line = ANSI.sub("", coloured.rstrip())
        if begun := PYTEST_STARTS.search(line):
            name = _paths(begun.group(1)) or "tests"
        elif begun := VITEST_STARTS.search(line):
            name = begun.group(1) or "convex"
        elif ended := PYTEST_ENDS.search(line) or VITEST_ENDS.search(line):
            found = {
                kind.rstrip("s"): int(number) for number, kind in COUNT.findall(ended.group(1))
            }
            failed = found.get("failed", 0) + found.get("error", 0)
            yield Step(name, found.get("passed", 0), failed, found.get("skipped", 0))
        elif counted := BROWSER_COUNT.match(line):
            browser[counted.group(1)] = int(counted.group(2))
            if counted.group(1) == "skipped" and "pass" in browser:
                failed = browser.get("fail", 0) + browser.get("cancelled", 0)
                yield Step("browser", browser["pass"], failed, browser["skipped"])
                browser = {}


def closing_line(lines: Iterable[str], status: int, seconds: int, where: str) -> str:
    done = list(steps(lines))
    total = (
        Step("all", *(sum(counts) for counts in zip(*(s[1:] for s in done), strict=True)))
        if (done)
        else Step("all", 0, 0, 0)
    )
    how = "CI passed" if status == 0 else f"CI FAILED in 'make {where}' (status {status})"
    counts = f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped"
    each = f" ({'; '.join(map(str, done))})" if done else ""
    return f"{how} after {seconds // 60} min {seconds % 60} s: tests {counts}{each}"


def _paths(arguments: str) -> str:
    """The folders and files of a call of pytest, without its options."""
    words = arguments.replace("\\", " ").split()
    kept = []
    value_of_option = False
    for word in words:
        if value_of_option or word.startswith("-"):
            value_of_option = not value_of_option and word in OPTION_WITH_VALUE
            continue
        if "/" in word or word.startswith("tests"):
            kept.append(word.removeprefix("tests/"))
    return "+".join(kept)


if __name__ == "__main__":
    log, status, seconds, where = sys.argv[1:]
    with open(log, encoding="utf-8", errors="replace") as lines:  # noqa: PTH123 - it needs no more
        print(closing_line(lines, int(status), int(seconds), where))
