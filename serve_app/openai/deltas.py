"""Cuts a growing text into deltas, which joined give the text."""

from __future__ import annotations

from collections.abc import Iterable

from retender.transcript.segments import Segment, joined


class Deltas:
    def __init__(self) -> None:
        self._last = ""
        """The text's last character. It alone decides how the next segment is joined."""
        self._deltas: list[str] = []

    def add(self, segments: Iterable[Segment]) -> str:
        """What these segments add to the text; empty where they add nothing."""
        grown = joined((self._last, *(segment.text for segment in segments)))
        delta = grown.removeprefix(self._last)
        if delta:
            self._deltas.append(delta)
            self._last = grown[-1]
        return delta

    @property
    def text(self) -> str:
        return "".join(self._deltas)
