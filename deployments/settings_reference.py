"""Makes docs/reference/settings.md from the settings: `make docs-settings`.

The meaning of a setting is the text below it in `settings.py`; the accepted values follow from its
type.
"""

from __future__ import annotations

import ast
import inspect
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from deployments.setting_types import Accepts
from deployments.settings import SECRETS, Settings, names

SECTIONS: Final[Mapping[str, Sequence[str]]] = {
    "Serving": (
        *(
            "HOST",
            "PORT",
            "RETENDER_PROFILE",
            "RETENDER_PUBLIC_URL",
            "RETENDER_TRUSTED_HOSTS",
            "RETENDER_TRUSTED_PROXIES",
        ),
        *("CORS_ORIGINS", "WEBSOCKET_PING_INTERVAL", "WEBSOCKET_TIMEOUT"),
        *("RETENDER_GRACE_SECONDS", "RETENDER_LANGUAGE", "RETENDER_LANGUAGES"),
        *("LOG_LEVEL", "LOG_FORMAT"),
    ),
    "Access and limits": (
        *("RETENDER_API_KEYS", "RETENDER_RATE_LIMIT", "MAX_FILE_SIZE_MB", "MAX_AUDIO_SECONDS"),
        *("MAX_QUEUE", "MAX_CONCURRENT_JOBS", "MAX_RETRIES", "RETENDER_URL_INPUT"),
    ),
    "Storage": (
        *("RETENDER_DATA_DIR", "RETENDER_DATABASE_URL", "RETENDER_BLOBS_URL"),
        *("RETENDER_COPIES_GB", "RETENDER_UPLOAD_DAYS", "RETENDER_AUDIO_DAYS"),
        *("RETENDER_JOB_DAYS",),
    ),
    "Recognition on this machine": (
        *("DEFAULT_MODEL", "RETENDER_FALLBACK_MODEL", "RETENDER_DEVICE", "RETENDER_PRECISION"),
        *("MODEL_TTL_SECONDS", "RETENDER_OFFLINE", "RETENDER_ANY_MODEL", "HF_ENDPOINT"),
        *("HF_TOKEN", "HF_HOME", "HF_HUB_CACHE"),
    ),
    "Recognition by Groq": (
        *("GROQ_API_KEY", "GROQ_MODEL", "GROQ_BASE_URL", "RETENDER_SPILL_AFTER_SECONDS"),
        *("GROQ_REQUESTS_PER_MINUTE", "GROQ_REQUESTS_PER_DAY"),
        *("GROQ_AUDIO_SECONDS_PER_HOUR", "GROQ_AUDIO_SECONDS_PER_DAY"),
        *("GROQ_LONGEST_WAIT_SECONDS",),
    ),
    "Other systems": (
        *("HTTPS_PROXY", "RETENDER_WEBHOOK_SECRET", "RETENDER_CALLBACK_PRIVATE"),
        *("CONVEX_URL", "CONVEX_API_KEY"),
    ),
    "Traces": (
        *("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_SERVICE_NAME"),
    ),
    "Commands": ("RETENDER_SERVER", "RETENDER_KEY"),
}
"""Settings by subject. Those that are in no section come last, under `OTHERS`."""

OTHERS: Final = "Others"

_OPENING: Final = """\
# Settings

`make docs-settings` makes this page from
[`deployments/settings.py`](../../deployments/settings.py).

The service and the commands read their settings once, at the start: from the environment, and from
a file `.env` in the working directory. The environment overrides the file. An empty value counts as
absent. A wrong value, or an unknown name that begins with `RETENDER_`, stops the start with a
sentence that says what is right. Settings marked with 🔑 are secrets: messages never show their
values.
"""


class Undescribed(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has no description: write one below it in settings.py")


def page() -> str:
    meanings = descriptions(Settings)
    rows = {
        name: _row(name, Settings.model_fields[field], meanings.get(field, ""))
        for name, field in names().items()
    }
    placed = {name for section in SECTIONS.values() for name in section}
    sections = {**SECTIONS, OTHERS: [name for name in rows if name not in placed]}
    found = {
        title: [rows[name] for name in given if name in rows] for title, given in sections.items()
    }
    return "\n".join([_OPENING, *(_section(title, own) for title, own in found.items() if own)])


def descriptions(settings: type[BaseSettings]) -> dict[str, str]:
    """The text below each field. Pydantic could read it, too, but would do so at each start of the
    service, which takes longer than to read all settings."""
    (body,) = ast.parse(inspect.getsource(settings)).body
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in pairwise(body.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _section(title: str, rows: Sequence[str]) -> str:
    head = ("| name | default | meaning | accepted values |", "|---|---|---|---|")
    return "\n".join([f"## {title}", "", *head, *rows, ""])


def _row(name: str, field: FieldInfo, meaning: str) -> str:
    if not meaning:
        raise Undescribed(name)
    mark = " 🔑" if name in SECRETS else ""
    cells = (f"`{name}`{mark}", default(field), meaning, values(field))
    return f"| {' | '.join(cells)} |"


def default(field: FieldInfo) -> str:
    """As one would write it; empty if there is none."""
    value = field.default
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"`{value:.10g}`"
    if isinstance(value, Path) and value.is_relative_to(Path.home()):
        return f"`~/{value.relative_to(Path.home())}`"
    return f"`{value}`"


def values(field: FieldInfo) -> str:
    return "; ".join(_accepted(field.annotation, field.metadata))


def _accepted(kind: Any, metadata: Sequence[Any]) -> Iterator[str]:
    said = [mark.values for mark in metadata if isinstance(mark, Accepts)]
    if said:
        yield from said
        return
    origin = get_origin(kind)
    if origin is Literal:
        yield ", ".join(f"`{choice}`" for choice in get_args(kind))
    elif origin in {types.UnionType, Union}:
        (inner,) = (each for each in get_args(kind) if each is not type(None))
        base, *marks = get_args(inner) or (inner,)
        yield from _accepted(base, _flat(marks))
    elif kind is bool:
        yield "`yes` or `no`"
    elif kind in {int, float}:
        yield " ".join(
            ("a whole number" if kind is int else "a number", *_bounds(metadata))
        ).strip()
    elif kind is Path:
        yield "a folder"
    elif kind in {str, SecretStr}:
        yield "text"
    else:
        yield "text, with commas between several"


def _flat(marks: Sequence[Any]) -> list[Any]:
    return [
        each
        for mark in marks
        for each in (mark.metadata if isinstance(mark, FieldInfo) else [mark])
    ]


def _bounds(metadata: Sequence[Any]) -> Iterator[str]:
    for bound in metadata:
        match bound:
            case annotated_types.Gt(gt=least):
                yield f"above {least}"
            case annotated_types.Ge(ge=least):
                yield f"from {least}"
            case annotated_types.Le(le=most):
                yield f"to {most}"


if __name__ == "__main__":
    sys.stdout.write(page())
