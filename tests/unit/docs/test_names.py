"""One name, one concept: docs/glossary.md."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

from tests.support.paths import PROJECT

LAYERS = ("retender", "actors", "serve_app", "deployments")


def test_no_two_classes_have_the_same_name() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for layer in LAYERS:
        for file in (PROJECT / layer).rglob("*.py"):
            for node in ast.parse(file.read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(str(Path(file).relative_to(PROJECT)))
    assert places
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
