"""What `GET /health` says is left of an engine's limits."""

from __future__ import annotations

from retender.workers.engine_info import EngineInfo
from retender.workers.usage import Usage, UsageLimits
from serve_app.operations.health import engine_body

LIMITS = UsageLimits(requests_per_day=100, audio_per_hour=600, audio_per_day=3600)


def left(used: Usage) -> object:
    return engine_body(EngineInfo(name="groq", ready=True, usage={"turbo": used}))["limits"]


def test_what_is_left_now_and_today() -> None:
    used = Usage(1, 40, 500, 1600, LIMITS)
    assert left(used) == {
        "turbo": {
            "audio_seconds_left": 100,
            "audio_seconds_left_today": 2000,
            "audio_seconds_per_day": 3600,
            "requests_left_today": 60,
            "full_until": None,
        }
    }


def test_limits_that_are_used_up_say_until_when_and_never_less_than_nothing() -> None:
    used = Usage(1, 101, 600, 3700, LIMITS, full_until=86_400.0)
    assert left(used) == {
        "turbo": {
            "audio_seconds_left": 0,
            "audio_seconds_left_today": 0,
            "audio_seconds_per_day": 3600,
            "requests_left_today": 0,
            "full_until": "1970-01-02T00:00:00.000Z",
        }
    }


def test_an_engine_without_limits_has_none() -> None:
    assert engine_body(EngineInfo(name="local", ready=True))["limits"] == {}
