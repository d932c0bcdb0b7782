"""What a client of OpenAI or Groq asks for, checked by their rules.

Options that change the text are obeyed or refused, never ignored. Ignored are only hints about
how the work is done (`chunking_strategy`). The service's own options may be sent as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, cast, get_args

import msgspec

from retender.errors import BadRequest, InvalidOption
from retender.jobs.job import Task
from serve_app.uploads.multipart import Fields
from serve_app.uploads.options import KNOWN, Wanted, boolean, read

Kind = Literal["json", "text", "srt", "vtt", "verbose_json"]
Granularity = Literal["word", "segment"]

DEFAULT_MODELS: Final = frozenset(
    {
        "whisper-1",
        "gpt-transcribe",
        "gpt-4o-transcribe",
        "gpt-4o-mini-transcribe",
        "gpt-4o-mini-transcribe-2025-12-15",
    }
)
"""OpenAI's own names: here they mean whichever model the service has as its default."""

GROQ_MODELS: Final = frozenset({"whisper-large-v3", "whisper-large-v3-turbo"})
"""Groq's names, which each engine knows its own such models by."""

_OWN: Final = frozenset(
    {"response_format", "stream", "timestamp_granularities[]", "timestamp_granularities"}
)
_ELSEWHERE: Final = frozenset({"task", "word_timestamps", "return_timestamps"})
"""Said by the address, by `timestamp_granularities[]` and by `response_format`."""

_IGNORED: Final = frozenset({"chunking_strategy"})

_REFUSED: Final[Mapping[str, str]] = {
    "include[]": "log probabilities are not told; confidence is in verbose_json",
    "include": "log probabilities are not told; confidence is in verbose_json",
    "known_speaker_names[]": "speakers are not told apart",
    "known_speaker_references[]": "speakers are not told apart",
}


class Asked(msgspec.Struct, frozen=True):
    """How the answer is to be given. What the work is to be is in the job's `Options`."""

    kind: Kind = "json"
    granularities: tuple[Granularity, ...] = ("segment",)
    stream: bool = False


def asked(fields: Fields) -> Asked:
    """Raises `InvalidOption` that names the field and what is accepted for it."""
    for name, reason in _REFUSED.items():
        if fields.get(name):
            raise InvalidOption(f"{name}: {reason}", field=name)
    kind = _kind(_one(fields, "response_format") or "json")
    granularities = _granularities(fields, kind)
    stream = read(fields, "stream", boolean) or False
    if stream and kind not in {"json", "text"}:
        raise InvalidOption(
            f"response_format: {kind} cannot be streamed; accepted with stream=true: json, text",
            field="response_format",
        )
    return Asked(kind, granularities, stream)


def native(fields: Fields) -> Fields:
    """The fields that are options of the job, by the names that the service's own forms have."""
    model = _one(fields, "model")
    if not model:
        raise BadRequest("model: a model must be named", field="model")
    options: dict[str, Sequence[str]] = {}
    for name, values in fields.items():
        if name in {"keywords[]", "keywords"}:
            options["hotwords"] = [", ".join(values)]
        elif name in KNOWN - _ELSEWHERE:
            options[name] = values
        elif name not in _OWN | _IGNORED:
            raise InvalidOption(f"{name}: there is no such option", field=name)
    if model in DEFAULT_MODELS:
        del options["model"]
    return options


def wanted(checked: Wanted, asked: Asked, task: Task) -> Wanted:
    """What the job is to be, once the service has checked the options of the form."""
    words = "word" in asked.granularities
    if words and task is Task.TRANSLATE:
        name = "timestamp_granularities[]"
        raise InvalidOption(f"{name}: the words of a translation have no times", field=name)
    options = msgspec.structs.replace(checked.options, task=task, word_timestamps=words)
    return msgspec.structs.replace(checked, options=options)


def _kind(value: str) -> Kind:
    if value not in get_args(Kind):
        accepted = ", ".join(get_args(Kind))
        raise InvalidOption(
            f"response_format: {value!r} is not one of {accepted}", field="response_format"
        )
    return cast("Kind", value)


def _granularities(fields: Fields, kind: Kind) -> tuple[Granularity, ...]:
    name = "timestamp_granularities[]"
    values = tuple(fields.get(name) or fields.get("timestamp_granularities") or ())
    if not values:
        return ("segment",)
    for value in values:
        if value not in get_args(Granularity):
            raise InvalidOption(f"{name}: {value!r} is not one of word, segment", field=name)
    if kind != "verbose_json":
        raise InvalidOption(f"{name}: only with response_format=verbose_json", field=name)
    return cast("tuple[Granularity, ...]", values)


def _one(fields: Fields, name: str) -> str:
    values = fields.get(name) or ("",)
    return values[-1]
