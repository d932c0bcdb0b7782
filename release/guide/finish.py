"""The generated site as it may be served: no script inside a page, and compressed copies.

The generator writes small scripts into each page. They become files, named by their content, so
that the policy of the service needs to allow files of its own only.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
from pathlib import Path
from typing import Final

_INLINE: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_GAINS: Final = {".css", ".html", ".js", ".json", ".svg", ".xml"}
_SMALL: Final = 1000


def take_scripts_out(site: Path) -> None:
    for page in site.rglob("*.html"):
        up = os.path.relpath(site, page.parent)

        def as_file(script: re.Match[str], up: str = up) -> str:
            name = f"inline-{hashlib.sha256(script[1].encode()).hexdigest()[:12]}.js"
            (site / "assets" / name).write_text(script[1])
            return f'<script src="{up}/assets/{name}"></script>'

        page.write_text(_INLINE.sub(as_file, page.read_text()))


def compress(site: Path) -> None:
    for file in sorted(site.rglob("*")):
        if file.suffix in _GAINS and file.stat().st_size > _SMALL:
            copy = file.with_name(f"{file.name}.gz")
            # Without a time in it: the same site is the same bytes.
            copy.write_bytes(gzip.compress(file.read_bytes(), mtime=0))
