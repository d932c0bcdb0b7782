"""The docs of the interface name what the service answers."""

from __future__ import annotations

import re

from serve_app.middleware.errors import STATUSES
from tests.support.paths import PROJECT

DOCS = PROJECT / "docs" / "api"
ROW = re.compile(r"^\| (\d{3}) \| (.+?) \|", re.MULTILINE)


def documented() -> list[tuple[str, int]]:
    rows = ROW.findall((DOCS / "errors.md").read_text())
    return [(code, int(status)) for status, codes in rows for code in re.findall("`(.+?)`", codes)]


def test_every_error_is_documented_once_with_its_status() -> None:
    assert sorted(documented()) == sorted(STATUSES.items())
