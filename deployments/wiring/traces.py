"""Builds the recipe of the exporter of traces."""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from typing import Final
from urllib.parse import unquote

from actors.runtime.api import Recipe
from deployments.settings import Settings

EXPORTER: Final = "retender.outbound.otlp:OtlpExporter"
"""By name: it is imported by the actor that uses it, and where no traces are made, not at all."""

_PACKAGE: Final = "opentelemetry.exporter.otlp.proto.http"


def traces(settings: Settings) -> Recipe | None:
    """None if no collector is set up, or the extra is not installed."""
    if not settings.traces_endpoint or not installed():
        return None
    options = {
        "endpoint": settings.traces_endpoint,
        "headers": _headers(settings.traces_headers.get_secret_value()),
        "service": settings.traces_service,
        "version": version("retender"),
    }
    return Recipe(EXPORTER, options)


def traces_warning(settings: Settings) -> str | None:
    """The variable may be meant for all programs of the machine: so it does not stop the start."""
    if not settings.traces_endpoint or installed():
        return None
    return (
        "OTEL_EXPORTER_OTLP_ENDPOINT is set, but no traces are sent: "
        "`pip install 'retender[otel]'` installs what they need"
    )


def installed() -> bool:
    try:
        return find_spec(_PACKAGE) is not None
    except ModuleNotFoundError:
        return False


def _headers(text: str) -> dict[str, str]:
    """Values are percent-encoded, as OpenTelemetry has it."""
    pairs = (part.partition("=") for part in text.split(",") if part.strip())
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}
