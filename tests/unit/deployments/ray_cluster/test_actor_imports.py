"""What the processes of actors import: each of them pays for it, in time and in memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from deployments.ray_cluster.plan import CLOCK, Arguments, ClusterPlan, pools
from deployments.settings import read

NOT_NEEDED = {"fastapi", "uvicorn", "serve_app", "pydantic", "pydantic_settings", "groq", "mcp"}


def test_the_process_of_an_actor_imports_neither_the_http_server_nor_the_settings(
    tmp_path: Path,
) -> None:
    settings = read({"RETENDER_DATA_DIR": str(tmp_path)}, tmp_path / "none.env")
    arguments = Arguments()
    plan = ClusterPlan.of(settings, arguments, pools(settings, arguments.pools))
    recipes = msgspec.to_builtins([CLOCK, plan.prepare, plan.root.recipe])
    modules = sorted({target.partition(":")[0] for target in targets(recipes)})
    assert "actors.collector" in modules
    code = f"import sys, {', '.join(modules)}; print(*sorted({NOT_NEEDED} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []


def targets(value: Any) -> Iterator[str]:
    """Of all recipes in it."""
    if isinstance(value, dict):
        if value.keys() == {"target", "options"}:
            yield value["target"]
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    for each in value:
        yield from targets(each)
