"""Chooses the language of messages for people by the header `Accept-Language`."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from retender.jobs.messages import NOTES


def preferred(header: str, default: str) -> str:
    """The language of the service that this header prefers."""
    best, most = default, 0.0
    for part in header.split(","):
        tag, _, parameter = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        weight = _weight(parameter)
        if language in NOTES and weight > most:
            best, most = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0


def language_of(connection: HTTPConnection) -> str:
    services = cast("Any", connection.app).state.services
    default: str = services.settings.language
    return preferred(connection.headers.get("accept-language", ""), default)


Language = Annotated[str, Depends(language_of)]
"""The type of an endpoint's parameter that receives the language."""
