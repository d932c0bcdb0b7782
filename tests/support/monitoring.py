"""The alert rules and the dashboard of `deployments/monitoring`, expression by expression."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import yaml

from tests.support.paths import PROJECT

MONITORING: Final = PROJECT / "deployments" / "monitoring"

_IN_ALERTS: Final = re.compile(r"\$labels\.(\w+)")
_IN_LEGENDS: Final = re.compile(r"\{\{(\w+)\}\}")
_VALUES: Final = re.compile(r"label_values\((.+), *(\w+)\)")


class Expression(NamedTuple):
    place: str
    text: str
    told: frozenset[str] = frozenset()
    """Labels of its results that people are shown."""


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    board: dict[str, Any] = json.loads((MONITORING / "dashboard.json").read_text())
    return board


def expressions() -> Iterator[Expression]:
    for rule in alerts():
        told = _IN_ALERTS.findall(" ".join(rule["annotations"].values()))
        yield Expression(rule["alert"], rule["expr"], frozenset(told))
    yield from _of_the_dashboard(dashboard())


def _of_the_dashboard(board: dict[str, Any]) -> Iterator[Expression]:
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            told = frozenset(_IN_LEGENDS.findall(target["legendFormat"]))
            yield Expression(panel["title"], _as_sent(target["expr"]), told)
    for note in board["annotations"]["list"]:
        yield Expression(note["name"], _as_sent(note["expr"]))
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            match = _VALUES.fullmatch(variable["query"])
            assert match is not None, f"not understood: {variable['query']}"
            metric, label = match.groups()
            yield Expression(variable["name"], f"count by ({label}) ({metric})")


def _as_sent(text: str) -> str:
    """Grafana puts in how long a rate is taken over."""
    return text.replace("$__rate_interval", "5m")
