"""Turns frames of speech and silence into spans of speech."""

from __future__ import annotations

import enum

from retender.transcript.chunks import Span


class Frame(enum.IntEnum):
    SILENCE = -1
    UNDECIDED = 0
    SPEECH = 1


class SpeechGate:
    """A span begins with the first frame of speech, and ends when silence has lasted long
    enough."""

    def __init__(self, step: int, *, pause: int, shortest: int) -> None:
        """A frame has `step` samples. Silence of `pause` frames ends a span; spans shorter than
        `shortest` frames are dropped."""
        self._step = step
        self._pause = pause
        self._shortest = shortest
        self._frames = 0
        self._begin: int | None = None
        self._silent_since: int | None = None
        self._spans: list[Span] = []

    def take(self, frame: Frame) -> None:
        now = self._frames
        self._frames += 1
        if frame is Frame.SPEECH:
            self._begin = now if self._begin is None else self._begin
            self._silent_since = None
        elif self._begin is not None:
            if self._silent_since is None and frame is Frame.SILENCE:
                self._silent_since = now
            if self._silent_since is not None and now + 1 - self._silent_since >= self._pause:
                self._close(self._begin, self._silent_since)

    def finish(self, samples: int) -> list[Span]:
        """`samples`: the length of the recording, which may end within the last frame."""
        if self._begin is not None:
            self._close(self._begin, self._silent_since or self._frames)
        return [Span(span.start, min(samples, span.end)) for span in self._spans]

    def _close(self, begin: int, end: int) -> None:
        if end - begin >= self._shortest:
            self._spans.append(Span(begin * self._step, end * self._step))
        self._begin = self._silent_since = None
