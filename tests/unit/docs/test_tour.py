"""The functions that the tour names exist."""

from __future__ import annotations

import ast
import re

from tests.support.paths import PROJECT

_NAMED = re.compile(r"\[`(?P<file>[\w/]+\.py)`\]\([^)]*\)\s+`(?P<name>[\w.]+)`")


def definitions(file: str) -> set[str]:
    found: set[str] = set()

    def collect(nodes: list[ast.stmt], prefix: str) -> None:
        for node in nodes:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(prefix + node.name)
            if isinstance(node, ast.ClassDef):
                collect(node.body, f"{prefix}{node.name}.")

    collect(ast.parse((PROJECT / file).read_text()).body, "")
    return found


def test_the_tour_has_ten_steps_whose_functions_exist() -> None:
    tour = (PROJECT / "docs" / "tour.md").read_text()
    assert re.findall(r"^(\d+)\. ", tour, re.MULTILINE) == [str(n) for n in range(1, 11)]
    named = [(found["file"], found["name"]) for found in _NAMED.finditer(tour)]
    assert len(named) >= 10
    missing = [f"{file} {name}" for file, name in named if name not in definitions(file)]
    assert missing == []
