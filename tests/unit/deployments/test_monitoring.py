"""Alert rules and dashboard are complete, and the page about them too.

tests/integration/http/test_http_monitoring.py checks against a service that their metrics exist.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any, Final

import pytest

from tests.support.monitoring import MONITORING, alerts, dashboard

PROMTOOL: Final = shutil.which("promtool")


def test_every_alert_says_how_urgent_it_is_what_is_wrong_and_what_to_look_at() -> None:
    for rule in alerts():
        assert rule["labels"]["severity"] in {"page", "ticket"}, rule["alert"]
        assert set(rule["annotations"]) == {"summary", "description"}, rule["alert"]


def test_the_page_explains_every_alert_and_no_other() -> None:
    page = (MONITORING / "README.md").read_text()
    explained = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert explained == [rule["alert"] for rule in alerts()]


def test_panels_do_not_overlap_and_each_has_a_name() -> None:
    taken: set[tuple[int, int]] = set()
    panels: list[dict[str, Any]] = dashboard()["panels"]
    for panel in panels:
        at = panel["gridPos"]
        cells = {
            (at["x"] + across, at["y"] + down)
            for across in range(at["w"])
            for down in range(at["h"])
        }
        assert panel["title"]
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not here: it is in Debian's prometheus")
@pytest.mark.parametrize(
    "command", [("check", "rules", "alerts.yaml"), ("test", "rules", "alerts_test.yaml")]
)
def test_promtool_agrees(command: tuple[str, ...]) -> None:
    assert PROMTOOL is not None
    told = subprocess.run(
        [PROMTOOL, *command], cwd=MONITORING, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout + told.stderr
