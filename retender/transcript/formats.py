"""Writes a transcript as a file: JSON, text, or subtitles."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

import msgspec

from retender.transcript.languages import LANGUAGES
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

# Stands for a confidence of zero, whose logarithm JSON cannot express.
_LEAST_CONFIDENCE = 1e-9


def render(transcript: Transcript, kind: Format, *, task: str = "transcribe") -> str:
    """The content of the file. `task` is used by `verbose_json` only."""
    if kind == "json":
        return _json(result(transcript))
    if kind == "verbose_json":
        return _json(verbose(transcript, task))
    return _WRITERS[kind](transcript)


def result(transcript: Transcript) -> dict[str, Any]:
    """The `result` of the wire contract; without segments if the caller wanted no times."""
    segments = transcript.segments if transcript.timed else ()
    body: dict[str, Any] = {
        "text": transcript.text,
        "language": transcript.language,
        "language_probability": transcript.language_probability,
        "duration": transcript.duration,
        "processing_time": transcript.processing_time,
        "model": transcript.model,
        "engine": transcript.engine,
        "segments": msgspec.to_builtins(segments),
    }
    if transcript.requested_model is not None:
        body["requested_model"] = transcript.requested_model
    if transcript.language_candidates:
        body["language_candidates"] = msgspec.to_builtins(transcript.language_candidates)
    if transcript.no_speech:
        body["no_speech"] = True
    return body


def verbose(transcript: Transcript, task: str = "transcribe") -> dict[str, Any]:
    """OpenAI's `verbose_json`.

    Clients expect every field, with its type. Values that are unknown here (tokens, the last
    temperature, the probability of silence) are empty or zero, which makes no client drop a
    segment.
    """
    body: dict[str, Any] = {
        "task": task,
        "language": LANGUAGES.get(transcript.language or "", transcript.language or ""),
        "duration": transcript.duration,
        "text": transcript.text,
        "segments": [_verbose_segment(segment) for segment in transcript.segments],
    }
    words = [word for segment in transcript.segments for word in segment.words]
    if words:
        body["words"] = [
            {"word": word.word.strip(), "start": word.start, "end": word.end} for word in words
        ]
    return body


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
    start: int
    end: int
    lines: list[str]

    @property
    def line(self) -> str:
        return " ".join(self.lines)


def _cues(transcript: Transcript) -> Iterator[_Cue]:
    """The subtitles, with times in milliseconds and without blank lines, which would end a cue.

    As WebVTT requires, no cue starts before the one before it, and every cue has a length.
    """
    earliest = 0
    for segment in transcript.segments:
        lines = [line.strip() for line in segment.text.splitlines() if line.strip()]
        if not lines:
            continue
        start = max(earliest, _milliseconds(segment.start))
        yield _Cue(start, max(start + 1, _milliseconds(segment.end)), lines)
        earliest = start


def _txt(transcript: Transcript) -> str:
    return "".join(f"{cue.line}\n" for cue in _cues(transcript))


def _srt(transcript: Transcript) -> str:
    """SubRip has no escapes: an arrow in the text is shortened, as Whisper does."""
    blocks = (
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n"
        + "\n".join(cue.lines).replace("-->", "->")
        + "\n"
        for number, cue in enumerate(_cues(transcript), start=1)
    )
    return "\n".join(blocks)


def _vtt(transcript: Transcript) -> str:
    blocks = (
        f"\n{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n"
        + "\n".join(map(_escaped, cue.lines))
        + "\n"
        for cue in _cues(transcript)
    )
    return "WEBVTT\n" + "".join(blocks)


def _tsv(transcript: Transcript) -> str:
    rows = (
        f"{cue.start}\t{cue.end}\t{cue.line.replace(chr(9), ' ')}\n" for cue in _cues(transcript)
    )
    return "start\tend\ttext\n" + "".join(rows)


_WRITERS: Final[Mapping[str, Callable[[Transcript], str]]] = {
    "txt": _txt,
    "srt": _srt,
    "vtt": _vtt,
    "tsv": _tsv,
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


def _json(body: dict[str, Any]) -> str:
    return msgspec.json.encode(body).decode()
