"""Lines of the log on their way out. Nobody waits for whoever reads them, or does not: a pipe takes
only so much, and then holds up who writes into it for as long as it likes.

A thread writes. What it cannot get rid of waits up to a bound; beyond that lines are left out, and
their number is told as soon as someone reads again.
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
        """`left_out` is the line that tells how many there were."""
        self._tell_left_out = left_out
        self._changed = Condition()
        self._waiting: list[str] = []
        self._chars = 0
        self._left_out = 0
        self._writing = False
        self._ended = False
        # A daemon: whoever does not read would keep the process for ever. `stop` is what waits.
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
        """Whether all is written, now or within so many seconds."""
        with self._changed:
            return self._changed.wait_for(self._idle, seconds)

    def stop(self) -> None:
        """What waits is written as far as it is read in time; what comes after this is not."""
        self.caught_up(LOG_FLUSH_SECONDS)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _idle(self) -> bool:
        return not self._waiting and not self._writing

    def _write(self) -> None:
        while (text := self._next()) is not None:
            with suppress(OSError, ValueError):  # there is nobody to tell it to
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
    """Past the stream's own buffer: a thread that is held up must hold no lock of the stream's, for
    which the interpreter would wait at its end."""
    try:
        descriptor = sys.stderr.fileno()
    except (OSError, ValueError):
        sys.stderr.write(text)
        return
    rest = text.encode(errors="backslashreplace")
    while rest:
        rest = rest[os.write(descriptor, rest) :]
