"""Writes a transcript as a .docx document, with python-docx, which the extra `docx` brings."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Final

from retender.transcript.segments import Segment, Transcript, joined

EXTRA: Final = "docx"

_PAUSE: Final = 2.0
_LONGEST: Final = 600
"""A paragraph ends with a pause of so many seconds, or after so many characters."""

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def installed() -> bool:
    return find_spec("docx") is not None


class WordDocument:
    """The title, and paragraphs that begin with their time if the caller wanted times.

    The only format that is whole in memory: its text, without the words' times.
    """

    reads = True

    def __init__(self, about: Transcript, title: str) -> None:
        import docx  # noqa: PLC0415 - it is not always there

        self._timed = about.timed
        self._paragraph: list[Segment] = []
        self._length = 0
        self._document = docx.Document()
        properties = self._document.core_properties
        properties.title = _clean(title)
        properties.author = properties.comments = ""
        properties.language = about.language or ""
        properties.created = properties.modified = datetime.fromtimestamp(
            about.edited_at or 0.0, UTC
        )
        if title:
            self._document.add_heading(_clean(title), level=1)

    def begin(self) -> bytes:
        return b""

    def add(self, segments: Iterable[Segment]) -> bytes:
        for segment in segments:
            if segment.text.strip():
                if self._paragraph and self._ends_before(segment):
                    self._end_paragraph()
                self._paragraph.append(segment)
                self._length += len(segment.text)
        return b""

    def end(self) -> bytes:
        if self._paragraph:
            self._end_paragraph()
        written = io.BytesIO()
        self._document.save(written)
        return written.getvalue()

    def _ends_before(self, segment: Segment) -> bool:
        pause = segment.start - self._paragraph[-1].end
        return pause >= _PAUSE or self._length >= _LONGEST

    def _end_paragraph(self) -> None:
        from docx.shared import RGBColor  # noqa: PLC0415 - it is not always there

        segments, self._paragraph, self._length = self._paragraph, [], 0
        paragraph = self._document.add_paragraph()
        if self._timed:
            time = paragraph.add_run(f"{_clock(segments[0].start)}  ")
            time.font.color.rgb = RGBColor(0x70, 0x70, 0x70)
        paragraph.add_run(_clean(joined(segment.text for segment in segments)))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def _clean(text: str) -> str:
    """Without the characters that XML cannot contain."""
    return _NOT_XML.sub("", text)
