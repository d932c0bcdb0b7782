"""Builds the wheel (with the page), the source distribution and the bill of materials into `dist/`,
and tries the wheel as someone would who has nothing else of the project.

    python -m release
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from release.trial import Trial

PROJECT: Final = Path(__file__).parent.parent
DIST: Final = PROJECT / "dist"
TOOLS: Final = PROJECT / "build" / "release-venv"
CONSTRAINTS: Final = PROJECT / "requirements" / "constraints.txt"
PAGE: Final = PROJECT / "serve_app" / "page" / "dist" / "index.html"


def main() -> int:
    if not PAGE.is_file():
        sys.stderr.write("the page is not built: make page\n")
        return 1
    python = _tools()
    shutil.rmtree(DIST, ignore_errors=True)
    # The wheel is built from the source distribution: so that is whole, too.
    _run(python, "-m", "build", "--no-isolation", "--outdir", DIST, PROJECT, env=_dated())
    (wheel,) = DIST.glob("*.whl")
    (source,) = DIST.glob("*.tar.gz")
    version = wheel.name.split("-")[1]
    _check_changelog(version)
    with tempfile.TemporaryDirectory(prefix="retender-release-") as folder:
        trial = Trial(Path(folder), wheel, CONSTRAINTS)
        trial.install()
        trial.serve(version)
        materials = DIST / f"retender-{version}.cdx.json"
        _describe(python, trial.python, materials)
    for made in (wheel, source, materials):
        print(f"{made.stat().st_size / 1e6:7.2f} MB  {made.relative_to(PROJECT)}")
    print(f"retender {version} installs alone, starts, and serves its page")
    return 0


def _tools() -> Path:
    python = TOOLS / "bin" / "python"
    if not python.exists():
        _run(sys.executable, "-m", "venv", TOOLS)
    wanted = PROJECT / "requirements" / "release.txt"
    _run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", wanted)
    return python


def _dated() -> dict[str, str]:
    """The same commit gives the same files: the times in them are those of the commit."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return {}
    asked = ["git", "log", "-1", "--format=%ct"]
    told = subprocess.run(asked, cwd=PROJECT, capture_output=True, text=True, check=False)
    return {"SOURCE_DATE_EPOCH": told.stdout.strip()} if told.returncode == 0 else {}


def _check_changelog(version: str) -> None:
    heading = f"## {version}"
    lines = (PROJECT / "CHANGELOG.md").read_text("utf-8").splitlines()
    if not any(line == heading or line.startswith(f"{heading} ") for line in lines):
        raise SystemExit(f"CHANGELOG.md has no heading {heading!r}")


def _describe(tools: Path, environment: Path, place: Path) -> None:
    """The bill of materials: what the wheel has brought into an environment that had nothing."""
    command = (
        tools,
        "-m",
        "cyclonedx_py",
        "environment",
        "--pyproject",
        PROJECT / "pyproject.toml",
    )
    options = ("--output-reproducible", "--of", "JSON", "--output-file", place, environment)
    _run(*command, *options)


def _run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=PROJECT, env={**os.environ, **(env or {})}, check=False)
    if done.returncode:
        raise SystemExit(f"failed: {' '.join(map(str, command))}")


if __name__ == "__main__":
    raise SystemExit(main())
