"""Reads the requests of OpenAI's and Groq's clients, and checks them by their rules.

An option that changes the text is obeyed or refused, never ignored. Only hints about how the work
is done are ignored (`chunking_strategy`). The service's own options may be sent as well.
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
"""OpenAI's names. Here each means the service's default model."""

GROQ_MODELS: Final = frozenset({"whisper-large-v3", "whisper-large-v3-turbo"})
"""Groq's names. Each engine has its own model of that name."""

_OWN: Final = frozenset(
    {"response_format", "stream", "timestamp_granularities[]", "timestamp_granularities"}
)
_NOT_FIELDS: Final = frozenset({"task", "word_timestamps", "return_timestamps"})
"""The address, `timestamp_granularities[]` and `response_format` say these."""

_IGNORED: Final = frozenset({"chunking_strategy"})

_REFUSED: Final[Mapping[str, str]] = {
    "include[]": "log probabilities are not told; confidence is in verbose_json",
    "include": "log probabilities are not told; confidence is in verbose_json",
    "known_speaker_names[]": "speakers are not told apart",
    "known_speaker_references[]": "speakers are not told apart",
}


class Asked(msgspec.Struct, frozen=True):
    """The form of the answer. How the work is done is in the job's `Options`."""

    kind: Kind = "json"
    granularities: tuple[Granularity, ...] = ("segment",)
    stream: bool = False


def asked(fields: Fields) -> Asked:
    """Raises `InvalidOption`, which names the field and the accepted values."""
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
    """The fields that are options of the job, under the names that the service's own forms use."""
    model = _one(fields, "model")
    if not model:
        raise BadRequest("model: a model must be named", field="model")
    options: dict[str, Sequence[str]] = {}
    for name, values in fields.items():
        if name in {"keywords[]", "keywords"}:
            options["hotwords"] = [", ".join(values)]
        elif name in KNOWN - _NOT_FIELDS:
            options[name] = values
        elif name not in _OWN | _IGNORED:
            raise InvalidOption(f"{name}: there is no such option", field=name)
    if model in DEFAULT_MODELS:
        del options["model"]
    return options


def wanted(checked: Wanted, asked: Asked, task: Task) -> Wanted:
    """Adds what the address and the form of the answer say about the job to its options."""
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
