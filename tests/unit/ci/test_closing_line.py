"""The last line of CI."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.support.paths import PROJECT

PLACE = PROJECT / ".ci" / "closing_line.py"

LOG = r"""
.venv/bin/ruff check .
All checks passed!
PATH="/x/.venv/bin:$PATH" npm test
      Tests  33 passed | 1 skipped (34)
cd web && PATH="/x/.venv/bin:$PATH" npm test
 Test Files  12 passed (12)
      Tests  2 failed | 120 passed (122)
.venv/bin/python -m pytest -n 2 -m "not ray" --dist worksteal \
        --ignore tests/simulation --ignore tests/kills
FAILED tests/unit/a.py::test_it - assert 12 passed
===== 1 failed, 2000 passed, 7 skipped, 3 warnings in 734.22s (0:12:14) =====
.venv/bin/python -m pytest tests/speech_real
================ 14 passed in 60.10s (0:01:00) ================
.venv/bin/python -m pytest -n 2 -m "not ray" tests/simulation tests/kills
================ 5 passed, 2 errors in 9.00s ================
cd web && PATH="/x/.venv/bin:$PATH" npm run --silent e2e
(i) tests 43
(i) pass 40
(i) fail 1
(i) cancelled 1
(i) skipped 1
(i) todo 0
""".replace("(i)", "\N{INFORMATION SOURCE}").splitlines()


def module() -> Any:
    spec = importlib.util.spec_from_file_location("closing_line", PLACE)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_it_counts_the_tests_of_every_step() -> None:
    line = module().closing_line(LOG, 2, 1684, "test")
    assert line == (
        "CI FAILED in 'make test' (status 2) after 28 min 4 s: "
        "tests 2212 passed, 7 failed, 9 skipped "
        "(convex 33/0/1; web 120/2/0; tests 2000/1/7; speech_real 14/0/0; simulation+kills 5/2/0; "
        "browser 40/2/1)"
    )


def test_colours_do_not_matter() -> None:
    line = "\x1b[32m===== \x1b[1m3 passed\x1b[0m\x1b[32m in 1.00s =====\x1b[0m"
    assert "3 passed" in module().closing_line([line], 0, 60, "test")


def test_without_a_test_it_says_so() -> None:
    line = module().closing_line(["make: *** [lint] Error 1"], 2, 5, "lint")
    assert line == (
        "CI FAILED in 'make lint' (status 2) after 0 min 5 s: tests 0 passed, 0 failed, 0 skipped"
    )


def run(folder: Path, make: str) -> subprocess.CompletedProcess[str]:
    """CI of a project that consists of this `make`."""
    for name in ("run", "closing_line.py"):
        place = folder / ".ci" / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes((PROJECT / ".ci" / name).read_bytes())
    programs = folder / "bin"
    programs.mkdir()
    (programs / "make").write_text(f"#!/bin/sh\n{make}\n")
    (programs / "make").chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", ".ci/run"],
        cwd=folder,
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_ci_ends_with_it_and_with_the_status_of_the_step_that_failed(tmp_path: Path) -> None:
    done = run(tmp_path, 'echo "=== 4 passed in 1.0s ==="; test "$1" = lint || exit 3')
    assert done.returncode == 3
    last = done.stdout.splitlines()[-1]
    assert last.startswith("CI FAILED in 'make test' (status 3)")
    assert "8 passed" in last


def test_ci_that_passes_says_so_last(tmp_path: Path) -> None:
    done = run(tmp_path, 'echo "=== 4 passed in 1.0s ==="')
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("CI passed after ")
