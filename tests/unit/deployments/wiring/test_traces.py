from __future__ import annotations

from pathlib import Path

import pytest

from deployments.settings import BadSetting, Settings, read
from deployments.wiring import traces as wiring
from deployments.wiring.traces import traces, traces_warning

NO_FILE = Path("/nonexistent/.env")
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/"}


def settings(**more: str) -> Settings:
    return read({**ENDPOINT, **more}, NO_FILE)


def test_without_a_collector_no_traces_are_made() -> None:
    nowhere = read({}, NO_FILE)
    assert traces(nowhere) is None
    assert traces_warning(nowhere) is None


def test_the_variables_of_opentelemetry_say_where_and_as_whom() -> None:
    recipe = traces(
        settings(
            OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20a=b, x-tenant=me",
            OTEL_SERVICE_NAME="stt",
        )
    )
    assert recipe is not None
    options = recipe.options
    assert options["endpoint"] == "http://collector:4318/"
    assert options["headers"] == {"authorization": "Bearer a=b", "x-tenant": "me"}
    assert options["service"] == "stt"


def test_a_wrong_header_is_refused_and_not_shown() -> None:
    with pytest.raises(BadSetting, match="name=value") as refused:
        settings(OTEL_EXPORTER_OTLP_HEADERS="verysecret")
    assert "verysecret" not in str(refused.value)


def test_without_the_extra_the_service_starts_and_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wiring, "_PACKAGE", "opentelemetry.of.no.such.kind")
    assert traces(settings()) is None
    assert "retender[otel]" in str(traces_warning(settings()))
