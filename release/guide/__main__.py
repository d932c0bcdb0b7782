"""Builds the documentation as a site, which the service shows at `/guide/`.

python -m release.guide [FOLDER]
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from release.guide import finish, links, pages

PROJECT: Final = Path(__file__).parents[2]
MERMAID: Final = PROJECT / "node_modules" / "@mermaid-js" / "tiny" / "dist" / "mermaid.tiny.js"
BUILT: Final = PROJECT / "serve_app" / "description" / "dist"


class Fault(Exception):
    """The site is not built; says why."""


def build(project: Path, scratch: Path, to: Path) -> None:
    """What is at `to` is replaced only by a site without faults."""
    if not MERMAID.is_file():
        raise Fault("the package that draws diagrams is missing: make site installs it")
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(MERMAID.parent, scratch / "pages" / "assets", copy_function=shutil.copyfile)
    pages.write(project, pages.listed(project / "mkdocs.yml"), scratch / "pages")
    shutil.copyfile(project / "mkdocs.yml", scratch / "mkdocs.yml")
    generator = (sys.executable, "-m", "zensical", "build", "--strict")
    done = subprocess.run(generator, cwd=scratch, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Fault(done.stdout + done.stderr)
    site = scratch / "site"
    finish.take_scripts_out(site)
    found = links.faults(site)
    if found:
        raise Fault("\n".join(found))
    finish.compress(site)
    shutil.rmtree(to, ignore_errors=True)
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(site, to)


def main(arguments: list[str]) -> int:
    to = Path(arguments[0]) if arguments else BUILT
    try:
        build(PROJECT, PROJECT / "build" / "guide", to)
    except (Fault, pages.BrokenLink) as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    size = sum(file.stat().st_size for file in to.rglob("*") if file.is_file())
    print(f"{len(list(to.rglob('*.html')))} pages, {size / 1e6:.1f} MB, in {to}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
