"""Writes a transcript as a file: JSON, text, or subtitles."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

import msgspec

from retender.transcript.languages import LANGUAGES
from retender.transcript.passes import (
    JsonArray,
    JsonEnd,
    JsonText,
    Pass,
    Passes,
    members,
    written_whole,
)
from retender.transcript.segments import Segment, Transcript

Format = Literal["json", "verbose_json", "txt", "srt", "vtt", "tsv"]

MEDIA_TYPES: Final[Mapping[Format, str]] = {
    "json": "application/json",
    "verbose_json": "application/json",
    "txt": "text/plain; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
}

ENDINGS: Final[Mapping[Format, str]] = {"verbose_json": "json"}
"""Of files, where it is not the format's name."""

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

# Stands for a confidence of zero, whose logarithm JSON cannot express.
_LEAST_CONFIDENCE = 1e-9


def render(transcript: Transcript, kind: Format, *, task: str = "transcribe") -> str:
    """The content of the file. `task` is used by `verbose_json` only."""
    return written_whole(transcript, passes(transcript, kind, task=task)).decode()


def passes(about: Transcript, kind: Format, *, task: str = "transcribe") -> Passes:
    """What writes the file. The segments of `about` are not looked at."""
    if kind == "json":
        return result_passes(about)
    if kind == "verbose_json":
        return verbose_passes(about, task)
    return iter((_CUES[kind](),))


def result(transcript: Transcript) -> dict[str, Any]:
    """The `result` of the wire contract; without segments if the caller wanted no times."""
    segments = transcript.segments if transcript.timed else ()
    body = {
        "text": transcript.text,
        **_facts(transcript),
        "segments": msgspec.to_builtins(segments),
    }
    if transcript.no_speech:
        body["no_speech"] = True
    return body


def result_passes(about: Transcript, before: bytes = b"{", after: bytes = b"}") -> Passes:
    """Writes `result` with other members around it."""
    text = JsonText(before + b'"text":')
    yield text
    facts = _facts(about) | ({"no_speech": True} if text.silent else {})
    values = _themselves if about.timed else None
    yield JsonArray(b"," + members(facts) + b',"segments":', values, after)


def segments_passes(before: bytes, after: bytes) -> Passes:
    """Writes only the segments."""
    yield JsonArray(before, _themselves, after)


def _facts(transcript: Transcript) -> dict[str, Any]:
    body: dict[str, Any] = {
        "language": transcript.language,
        "language_probability": transcript.language_probability,
        "duration": transcript.duration,
        "processing_time": transcript.processing_time,
        "model": transcript.model,
        "engine": transcript.engine,
    }
    if transcript.requested_model is not None:
        body["requested_model"] = transcript.requested_model
    if transcript.language_candidates:
        body["language_candidates"] = msgspec.to_builtins(transcript.language_candidates)
    return body


def verbose_passes(
    about: Transcript,
    task: str = "transcribe",
    *,
    segments: bool = True,
    words: bool | None = None,
    more: Mapping[str, Any] = _NOTHING,
) -> Passes:
    """OpenAI's `verbose_json`. `words`: whether they are there; None: if there are any. `more`:
    further members.

    Clients expect every field, with its type. Values that are unknown here (tokens, the last
    temperature, the probability of silence) are empty or zero, which makes no client drop a
    segment.
    """
    facts = {
        "task": task,
        "language": LANGUAGES.get(about.language or "", about.language or ""),
        "duration": about.duration,
    }
    text = JsonText(b"{" + members(facts) + b',"text":')
    yield text
    if segments:
        yield JsonArray(b',"segments":', lambda page: map(_verbose_segment, page))
    if text.has_words if words is None else words:
        yield JsonArray(b',"words":', _verbose_words)
    yield JsonEnd((b"," + members(more) if more else b"") + b"}")


def _themselves(segments: Iterable[Segment]) -> Iterable[Segment]:
    return segments


def _verbose_words(segments: Iterable[Segment]) -> Iterator[dict[str, Any]]:
    for segment in segments:
        for word in segment.words:
            yield {"word": word.word.strip(), "start": word.start, "end": word.end}


def _verbose_segment(segment: Segment) -> dict[str, Any]:
    return {
        "id": segment.id,
        "seek": _milliseconds(segment.start) // 10,
        "start": segment.start,
        "end": segment.end,
        "text": segment.text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": math.log(min(1.0, max(_LEAST_CONFIDENCE, segment.confidence))),
        "compression_ratio": _compression_ratio(segment.text),
        "no_speech_prob": 0.0,
    }


def _compression_ratio(text: str) -> float:
    """As Whisper computes it: high if the text repeats itself."""
    octets = text.encode()
    return len(octets) / len(zlib.compress(octets))


class _Cue(NamedTuple):
    """A subtitle, with times in milliseconds and without blank lines, which would end it."""

    number: int
    start: int
    end: int
    lines: list[str]

    @property
    def line(self) -> str:
        return " ".join(self.lines)


class _Cues:
    """As WebVTT requires, no cue starts before the one before it, and every cue has a length."""

    reads = True

    def __init__(self, head: str, block: Callable[[_Cue], str]) -> None:
        self._head = head
        self._block = block
        self._earliest = 0
        self._number = 0

    def begin(self) -> bytes:
        return self._head.encode()

    def add(self, segments: Iterable[Segment]) -> bytes:
        return "".join(map(self._block, self._cues(segments))).encode()

    def end(self) -> bytes:
        return b""

    def _cues(self, segments: Iterable[Segment]) -> Iterator[_Cue]:
        for segment in segments:
            lines = [line.strip() for line in segment.text.splitlines() if line.strip()]
            if not lines:
                continue
            start = max(self._earliest, _milliseconds(segment.start))
            self._number += 1
            yield _Cue(self._number, start, max(start + 1, _milliseconds(segment.end)), lines)
            self._earliest = start


def _txt(cue: _Cue) -> str:
    return f"{cue.line}\n"


def _srt(cue: _Cue) -> str:
    """SubRip has no escapes: an arrow in the text is shortened, as Whisper does."""
    gap = "\n" if cue.number > 1 else ""
    text = "\n".join(cue.lines).replace("-->", "->")
    return f"{gap}{cue.number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{text}\n"


def _vtt(cue: _Cue) -> str:
    text = "\n".join(map(_escaped, cue.lines))
    return f"\n{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{text}\n"


def _tsv(cue: _Cue) -> str:
    return f"{cue.start}\t{cue.end}\t{cue.line.replace(chr(9), ' ')}\n"


_CUES: Final[Mapping[str, Callable[[], Pass]]] = {
    "txt": lambda: _Cues("", _txt),
    "srt": lambda: _Cues("", _srt),
    "vtt": lambda: _Cues("WEBVTT\n", _vtt),
    "tsv": lambda: _Cues("start\tend\ttext\n", _tsv),
}


def _escaped(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _milliseconds(seconds: float) -> int:
    return max(0, round(seconds * 1000)) if math.isfinite(seconds) else 0


def _clock(milliseconds: int, point: str) -> str:
    """HH:MM:SS and thousandths; hours get more digits if needed."""
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{point}{thousandths:03d}"
