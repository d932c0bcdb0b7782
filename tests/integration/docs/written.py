"""The shell commands of the pages: which are run as they stand, with what in place of what only a
reader has; and which are not run, each with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tests.support.docs import blocks, pages
from tests.support.paths import PROJECT

NOT_RUN: Final = {
    r"export OTEL_EXPORTER_OTLP_ENDPOINT=|retender serve$": (
        "never ends; tests/integration/traces starts a service with such a collector"
    ),
    r"make (serve|test|test-long|lint|bench|soak|replay|release|lock|docs-settings)\b": (
        "takes minutes, or never ends; `.ci/run` and the image check run what can be, and"
        " tests/unit/docs/test_pages.py knows the targets"
    ),
    r"docker |cd deployments/compose": (
        "no container engine where tests run: `make image-check` builds and runs the targets,"
        " tests/unit/deployments/test_compose.py reads the rest"
    ),
    r"\S*pip install ": "installs from a package index; `make release` tries the wheel",
    r"export LD_LIBRARY_PATH=": "needs NVIDIA's libraries, which the line above it installs",
    r"DEFAULT_MODEL=large-v3 ": "3 GB of a model, and a GPU",
    r"ray start|serve (deploy|run) ": "tests/long/nodes.py starts such a cluster",
    r"mkdir -p /opt|python -m deployments.ray_cluster|export RAY_SERVE_HAPROXY": (
        "tests/integration/service and bench/first_minute.py start Ray with it"
    ),
    r"retender transcribe 'talks/\*.mp3' https:": (
        "an address in the internet; tests/integration/cli/test_transcribe_command.py fetches one"
    ),
    r"pip-audit |npm audit ": "asks a database of known faults in the internet",
    r"CONVEX_\w+=the same key": "no value, but a description of one",
}
"""By the beginning of a line."""

READERS_OWN: Final = {
    r"https?://(127\.0\.0\.1:8000|localhost:8000|stt\.example\.org)": "{url}",
    r"4f1c…": "{job}",
    r"""If-Match: "3\"""": 'If-Match: "{version}"',
    r"retender keys revoke ID": 'retender keys revoke "$(retender keys list | head -1 | cut -f1)"',
    # It waits for more recordings otherwise.
    r"retender watch-folder": "retender watch-folder --once --settle 0",
    r"https://app\.example\.org": "{url}",
    r"/backup/retender": "{backup}",
    r"(?<=RETENDER_DATA_DIR=)/var/lib/retender(?= retender backup)": "{data}",
    r"(?<=RETENDER_DATA_DIR=)/var/lib/retender(?= retender restore)": "{restored}",
}
"""What is replaced, by what."""

RECORDINGS: Final = (
    *("meeting.m4a", "reunion.m4a", "recording.m4a", "grabacion.m4a", "lecture.flac"),
    *("talks/keynote.mp3", "charlas/inaugural.mp3", "recordings/2024/talk.mp3"),
    *("videos/a/talk.mp4", "videos/a/other.mp4"),
)
"""Files that readers have."""


class Block(NamedTuple):
    page: str
    script: str
    """Without the lines that are not run."""

    def made_real(self, values: dict[str, str]) -> str:
        script = self.script
        for pattern, own in READERS_OWN.items():
            script = re.sub(pattern, own.format_map(values), script)
        return script


def written() -> Iterator[tuple[str, str]]:
    """Each block of shell with its page, each command of it on a line."""
    for page in pages():
        name = page.relative_to(PROJECT)
        if name.parts[0] == "docs" or name in {Path("README.md"), Path("README.es.md")}:
            for block in blocks(page, "sh", "bash", "console"):
                yield str(name), re.sub(r" *\\\n *", " ", block)


def to_run() -> list[Block]:
    found = []
    for page, block in written():
        script = "".join(line for line in block.splitlines(keepends=True) if not reason(line))
        if re.sub(r"#.*", "", script).strip():
            found.append(Block(page, script))
    return found


def reason(line: str) -> str | None:
    """Why the line is not run."""
    for beginning, why in NOT_RUN.items():
        if re.match(beginning, line):
            return why
    return None
