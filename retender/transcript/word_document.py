"""Writes a transcript as a .docx document, with python-docx, which the extra `docx` brings."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
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


def word_document(transcript: Transcript, title: str) -> bytes:
    """The title, and paragraphs that begin with their time if the caller wanted times."""
    import docx  # noqa: PLC0415 - it is not always there
    from docx.shared import RGBColor  # noqa: PLC0415 - likewise

    document = docx.Document()
    properties = document.core_properties
    properties.title = _clean(title)
    properties.author = properties.comments = ""
    properties.language = transcript.language or ""
    at = transcript.edited_at
    properties.created = properties.modified = datetime.fromtimestamp(at or 0.0, UTC)
    if title:
        document.add_heading(_clean(title), level=1)
    for segments in _paragraphs(transcript.segments):
        paragraph = document.add_paragraph()
        if transcript.timed:
            time = paragraph.add_run(f"{_clock(segments[0].start)}  ")
            time.font.color.rgb = RGBColor(0x70, 0x70, 0x70)
        paragraph.add_run(_clean(joined(segment.text for segment in segments)))
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _paragraphs(segments: Iterable[Segment]) -> Iterator[list[Segment]]:
    paragraph: list[Segment] = []
    length = 0
    for segment in segments:
        if not segment.text.strip():
            continue
        if paragraph and (segment.start - paragraph[-1].end >= _PAUSE or length >= _LONGEST):
            yield paragraph
            paragraph, length = [], 0
        paragraph.append(segment)
        length += len(segment.text)
    if paragraph:
        yield paragraph


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def _clean(text: str) -> str:
    """Without the characters that XML cannot contain."""
    return _NOT_XML.sub("", text)
