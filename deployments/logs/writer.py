"""Writes log lines in a thread of its own, so that a reader that is slow or gone blocks nobody.

Lines that cannot be written yet wait, up to a bound. Beyond it lines are dropped, and their number
is logged as soon as the reader reads again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Condition, Thread

from deployments.limits import LOG_CHARS_WAITING, LOG_FLUSH_SECONDS


class LogWriter:
    def __init__(self, left_out: Callable[[int], str]) -> None:
        """`left_out` makes the line that says how many lines were dropped."""
        self._tell_left_out = left_out
        self._changed = Condition()
        self._waiting: list[str] = []
        self._chars = 0
        self._left_out = 0
        self._writing = False
        self._ended = False
        # A daemon: a reader that never reads must not keep the process alive. `stop` waits.
        Thread(target=self._write, name="log", daemon=True).start()

    def put(self, line: str) -> None:
        with self._changed:
            if self._chars + len(line) > LOG_CHARS_WAITING:
                self._left_out += 1
                return
            self._waiting.append(line)
            self._chars += len(line)
            self._changed.notify_all()

    def caught_up(self, seconds: float) -> bool:
        """True once all lines are written; waits up to `seconds`."""
        with self._changed:
            return self._changed.wait_for(self._idle, seconds)

    def stop(self) -> None:
        """Flush within `LOG_FLUSH_SECONDS`, then write no more."""
        self.caught_up(LOG_FLUSH_SECONDS)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _idle(self) -> bool:
        return not self._waiting and not self._writing

    def _write(self) -> None:
        while (text := self._next()) is not None:
            with suppress(OSError, ValueError):  # nowhere to report that
                _out(text)

    def _next(self) -> str | None:
        with self._changed:
            self._writing = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._waiting or self._ended)
            if not self._waiting:
                return None
            text = "".join(self._waiting)
            if self._left_out:
                text += self._tell_left_out(self._left_out)
            self._waiting.clear()
            self._chars = self._left_out = 0
            self._writing = True
            return text


def _out(text: str) -> None:
    """Write to the descriptor, not the stream: a blocked thread would hold the stream's lock, for
    which the interpreter waits when it exits."""
    try:
        descriptor = sys.stderr.fileno()
    except (OSError, ValueError):
        sys.stderr.write(text)
        return
    rest = text.encode(errors="backslashreplace")
    while rest:
        rest = rest[os.write(descriptor, rest) :]
