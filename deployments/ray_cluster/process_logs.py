"""The log lines of our processes on a Ray of this machine, from the files where Ray keeps them.

The log monitor of Ray would take a process of 50 MB for it.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

LOOK_SECONDS: Final = 0.2
"""Between two looks at the files."""

READ_BYTES: Final = 1 << 20
"""Of one file at a time."""

LINE_BYTES: Final = 1 << 16
"""A line that is longer, or has not ended by then, is passed on in parts."""

_FILES: Final = ("worker-*.err", "worker-*.out")

_RAYS_OWN: Final = re.compile(
    r"^(:(job_id|actor_name|task_name):"
    r"|\[\d{4}-\d\d-\d\d [\d:,]+ [A-Z] \d+ \d+\] "
    r"|(INFO|WARNING) \d{4}-\d\d-\d\d [\d:,]+ serve "
    r"|  • |$)"
)
"""Marks for Ray's log monitor, lines of its C++ parts, lines of Serve, its list of what it does."""


class _Followed(NamedTuple):
    file: BinaryIO
    rest: bytearray


class ProcessLogs:
    """Passes each line on, once, until it is stopped."""

    def __init__(self, folder: Path, write: Callable[[str], object]) -> None:
        self._folder = folder
        self._write = write
        self._followed: dict[Path, _Followed] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="process-logs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Return when what is in the files has been passed on."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self.look()
        for followed in self._followed.values():
            followed.file.close()
        self._followed.clear()

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            self.look()

    def look(self) -> None:
        """Pass on what is new."""
        for pattern in _FILES:
            for path in sorted(self._folder.glob(pattern)):
                if path not in self._followed:
                    with suppress(OSError):
                        self._followed[path] = _Followed(path.open("rb"), bytearray())
        for path, followed in list(self._followed.items()):
            self._pass_on(followed)
            if _replaced(path, followed.file):
                self._pass_on(followed)
                followed.file.close()
                del self._followed[path]

    def _pass_on(self, followed: _Followed) -> None:
        """All that is there now; READ_BYTES of it in memory at a time."""
        while data := _read(followed.file):
            followed.rest.extend(data)
            text = "".join(
                f"{line}\n" for line in _lines(followed.rest) if _RAYS_OWN.match(line) is None
            )
            if text:
                self._write(text)


def _read(file: BinaryIO) -> bytes:
    try:
        return file.read(READ_BYTES)
    except OSError:
        return b""


def _lines(rest: bytearray) -> Iterator[str]:
    """Take the complete lines out of what was read."""
    while True:
        end = rest.find(b"\n", 0, LINE_BYTES)
        if end < 0 and len(rest) < LINE_BYTES:
            return
        line = bytes(rest[: end if end >= 0 else LINE_BYTES])
        del rest[: end + 1 if end >= 0 else LINE_BYTES]
        yield line.decode(errors="replace").rstrip("\r")


def _replaced(path: Path, file: BinaryIO) -> bool:
    """True if the file has been rotated: another one, or none, has its name."""
    try:
        return not os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except OSError:
        return True
