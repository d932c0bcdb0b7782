"""A command that only asks the service is soon there: what others need is imported by them."""

from __future__ import annotations

import subprocess
import sys

from tests.support.paths import PROJECT

LARGE = ("fastapi", "uvicorn", "ray", "numpy", "groq", "actors.manager.job_manager")


def test_the_commands_import_neither_the_server_nor_the_actors() -> None:
    program = "import sys, deployments.cli; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    imported = set(done.stdout.split())
    assert "deployments.cli.jobs" in imported
    assert imported.isdisjoint(LARGE)
