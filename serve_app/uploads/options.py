"""Reads the fields that come with a recording into the options of the job.

A table says how each field is read. A value that cannot be read is refused, and the error names the
accepted values. An empty value counts as left out, because forms send fields that are left blank.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from retender.audio.cleaning import Channel
from retender.errors import InvalidOption
from retender.jobs.job import AUTO_LANGUAGE, Options, Task
from retender.jobs.names import checked_name
from retender.transcript.languages import LANGUAGES
from serve_app.limits import HIGHEST_PRIORITY, TEXT_OPTION_CHARS, USER_ID_CHARS
from serve_app.uploads.multipart import Fields


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    options: Options = Options()
    priority: int | None = None
    """None: it was left out."""
    user_id: str | None = None
    callback_url: str | None = None
    name: str | None = None
    """None: the job is called like its file."""
    url: str | None = None
    """The address from which the recording is fetched; None if it is sent."""


class _Unacceptable(Exception):
    """Its text says which values are accepted."""


Reader = Callable[[str], Any]

_YES: Final = frozenset({"true", "t", "yes", "y", "1", "on", "si", "sí"})
_NO: Final = frozenset({"false", "f", "no", "n", "0", "off"})
_CODES: Final = {name: code for code, name in LANGUAGES.items()}
_MODEL: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
_SHOWN: Final = 60
"""Characters of a refused value that the error repeats."""


def language(text: str) -> str:
    """Accepts `auto`, a code, a code with a region, or the language's English name."""
    asked = text.strip().lower()
    if asked == AUTO_LANGUAGE:
        return asked
    code = _CODES.get(asked, asked)
    if code not in LANGUAGES:
        code = asked.replace("_", "-").partition("-")[0]
    if code not in LANGUAGES:
        raise _Unacceptable(f"auto, or one of {', '.join(sorted(LANGUAGES))}")
    return code


def languages(text: str) -> tuple[str, ...]:
    """Several, with commas or spaces between them."""
    codes = tuple(language(part) for part in re.split(r"[,;\s]+", text.strip(" ,;")))
    if AUTO_LANGUAGE in codes:
        raise _Unacceptable("codes of languages such as es,en")
    return codes


def boolean(text: str) -> bool:
    asked = text.strip().lower()
    if asked in _YES:
        return True
    if asked in _NO:
        return False
    raise _Unacceptable("true or false")


def model(text: str) -> str:
    if not _MODEL.fullmatch(text.strip()):
        raise _Unacceptable("the name of a model, as GET /models lists them")
    return text.strip()


def number_from(least: int, most: int) -> Reader:
    def read(text: str) -> float:
        value: float = _number(text, float, least, most)
        return value

    return read


def priority(text: str) -> int:
    value: int = _number(text, int, -HIGHEST_PRIORITY, HIGHEST_PRIORITY)
    return value


def text_up_to(most: int, *, one_line: bool = False) -> Reader:
    def read(text: str) -> str:
        if len(text) > most or "\0" in text or (one_line and not text.isprintable()):
            lines = " on one line" if one_line else ""
            raise _Unacceptable(f"text of at most {most} characters{lines}")
        return text

    return read


def one_of(values: Collection[str], kind: Callable[[str], Any] = str) -> Reader:
    def read(text: str) -> Any:
        asked = text.strip().lower()
        if asked not in values:
            raise _Unacceptable(" or ".join(values))
        return kind(asked)

    return read


def _number(text: str, kind: Callable[[str], Any], least: int, most: int) -> Any:
    try:
        value = kind(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        whole = "a whole number" if kind is int else "a number"
        raise _Unacceptable(f"{whole} from {least} to {most}")
    return value


ENGINES: Final = ("auto", "local", "groq")

_OPTIONS: Final[Mapping[str, tuple[str, Reader]]] = MappingProxyType(
    {
        "language": ("language", language),
        "languages": ("languages", languages),
        "model": ("model", model),
        "engine": ("engine", one_of(ENGINES)),
        "task": ("task", one_of(tuple(Task), Task)),
        "return_timestamps": ("timestamps", boolean),
        "word_timestamps": ("word_timestamps", boolean),
        "multilingual": ("multilingual", boolean),
        "vad": ("vad", boolean),
        "prompt": ("prompt", text_up_to(TEXT_OPTION_CHARS)),
        "hotwords": ("hotwords", text_up_to(TEXT_OPTION_CHARS)),
        "temperature": ("temperature", number_from(0, 1)),
        "no_speech_threshold": ("no_speech_threshold", number_from(0, 1)),
        "log_prob_threshold": ("log_prob_threshold", number_from(-10, 0)),
        "compression_ratio_threshold": ("compression_ratio_threshold", number_from(1, 100)),
        "suppress_numerals": ("suppress_numerals", boolean),
        "channel": ("channel", one_of(tuple(Channel), Channel)),
        "highpass": ("highpass", boolean),
        "denoise": ("denoise", boolean),
        "normalize": ("normalize", boolean),
    }
)
"""By the field's name: the name of the option, and how its value is read."""

_OTHERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "priority": priority,
        "user_id": text_up_to(USER_ID_CHARS, one_line=True),
        "callback_url": str,
        "name": checked_name,
        "url": str,
    }
)

_DEFAULTS: Final = Options()

KNOWN: Final = frozenset({*_OPTIONS, *_OTHERS})
"""The names of all fields."""


def wanted(fields: Fields, *, priority_max: int = HIGHEST_PRIORITY) -> Wanted:
    """Raises `InvalidOption`, which names the field and the accepted values. An unknown field is
    refused: it may be a misspelt one, and ignoring it would hide that."""
    refuse_unknown(fields, KNOWN)
    return known_among(fields, priority_max=priority_max)


def known_among(fields: Fields, *, priority_max: int = HIGHEST_PRIORITY) -> Wanted:
    """Reads the known fields and ignores the others. `priority_max`: the caller's."""
    options, others = {}, {}
    for name, (attribute, reader) in _OPTIONS.items():
        options[attribute] = read(fields, name, reader)
    for name, reader in _OTHERS.items():
        if (value := read(fields, name, reader)) is not None:
            others[name] = value
    _check_priority(others.get("priority"), priority_max)
    return Wanted(options=_options(options).language_settled(), **others)


def changed(fields: Mapping[str, Any]) -> tuple[Options, tuple[str, ...]]:
    """Options of which these are to be changed, and their names, from JSON. An empty value and null
    are the default's."""
    refuse_unknown(fields, _OPTIONS)
    values = {}
    for name, value in fields.items():
        attribute, reader = _OPTIONS[name]
        values[attribute] = read({name: [_text(name, value)]}, name, reader)
    return _options(values), tuple(values)


def _options(values: Mapping[str, Any]) -> Options:
    """None, and what is equal to a default, is that very default: so it is not shown as chosen."""
    chosen = {
        name: value
        for name, value in values.items()
        if value is not None and value != getattr(_DEFAULTS, name)
    }
    return Options(**chosen)


def _text(name: str, value: Any) -> str:
    """A value of JSON as a form would have it."""
    match value:
        case None:
            return ""
        case str() | bool() | int() | float():
            return str(value)
        case [*codes] if name == "languages" and all(isinstance(code, str) for code in codes):
            return ",".join(codes)
        case _:
            accepted = "one value"
            raise InvalidOption(f"{name} is not {accepted}", field=name, accepted=accepted)


def read(fields: Fields, name: str, reader: Reader) -> Any | None:
    """The value of one field; None if it is left out."""
    values = [value for value in fields.get(name, ()) if value.strip()]
    if not values:
        return None
    if len(values) > 1:
        raise InvalidOption(f"{name} is given more than once", field=name, accepted="one value")
    try:
        return reader(values[0])
    except _Unacceptable as error:
        shown = values[0] if len(values[0]) <= _SHOWN else f"{values[0][:_SHOWN]}…"
        raise InvalidOption(
            f"{name} cannot be {shown!r}; accepted is {error}", field=name, accepted=str(error)
        ) from error


def _check_priority(asked: int | None, highest: int) -> None:
    if asked is not None and asked > highest:
        numbers = f"whole numbers from {-HIGHEST_PRIORITY} to {highest}"
        raise InvalidOption(
            f"priority cannot be {asked}: you may give {numbers}",
            field="priority",
            accepted=f"a whole number from {-HIGHEST_PRIORITY} to {highest}",
            asked=asked,
            priority_max=highest,
        )


def refuse_unknown(fields: Iterable[str], known: Collection[str]) -> None:
    for name in fields:
        if name not in known:
            near = difflib.get_close_matches(name[:_SHOWN], known, n=1, cutoff=0.0)[0]
            raise InvalidOption(
                f"there is no field {name[:_SHOWN]!r}; the nearest is {near!r}",
                field=name[:_SHOWN],
                accepted=", ".join(sorted(known)),
            )
