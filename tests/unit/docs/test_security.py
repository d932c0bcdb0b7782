"""The tests that docs/security.md names hold what it says: so they must exist."""

from __future__ import annotations

import re

from tests.support.paths import PROJECT


def test_every_test_that_the_table_of_security_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (PROJECT / "docs" / "security.md").read_text()))
    sources = "\n".join(file.read_text() for file in (PROJECT / "tests").rglob("test_*.py"))
    defined = set(re.findall(r"def (test_\w+)\(", sources))

    assert len(named) > 40
    assert sorted(named - defined) == []


def test_every_line_of_the_table_names_a_test_or_says_why_there_is_none() -> None:
    lines = (PROJECT / "docs" / "security.md").read_text().splitlines()
    rows = [line for line in lines if re.match(r"\| V\d", line)]

    assert len(rows) > 30
    assert [
        row
        for row in rows
        if "`test_" not in row and "does not apply" not in row and "there are none" not in row
    ] == []
