"""What is set about Groq, and what its worker is given of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.settings import BadSetting, Settings, read
from deployments.wiring import groq

KEY = "gsk_very_secret"
NO_FILE = Path("/nonexistent/.env")


def settings(**values: str) -> Settings:
    return read({"GROQ_API_KEY": KEY, "RETENDER_DATA_DIR": "/data", **values}, NO_FILE)


def test_without_a_key_there_is_no_groq() -> None:
    assert not groq.set_up(read({}, NO_FILE))
    assert groq.set_up(settings())


def test_the_limits_are_those_of_the_free_tier_unless_they_are_set() -> None:
    usual = groq.account(settings()).limits
    assert (usual.requests_per_minute, usual.requests_per_day) == (20, 2000)
    assert (usual.audio_per_hour, usual.audio_per_day) == (7200, 28_800)
    richer = groq.account(
        settings(
            GROQ_REQUESTS_PER_MINUTE="400",
            GROQ_REQUESTS_PER_DAY="200000",
            GROQ_AUDIO_SECONDS_PER_HOUR="400000",
            GROQ_AUDIO_SECONDS_PER_DAY="4000000",
        )
    ).limits
    assert (richer.requests_per_minute, richer.requests_per_day) == (400, 200_000)
    assert (richer.audio_per_hour, richer.audio_per_day) == (400_000, 4_000_000)


def test_the_key_is_nowhere_to_be_seen() -> None:
    there = settings()
    pool = groq.pool(there)
    for shown in (repr(there), str(there), repr(pool), repr(pool.engine)):
        assert KEY not in shown
    assert groq.account(there).api_key == KEY


def test_a_key_that_cannot_be_one_is_refused_and_not_repeated() -> None:
    with pytest.raises(BadSetting, match="GROQ_API_KEY") as refused:
        settings(GROQ_API_KEY="gsk very secret")
    assert "very" not in str(refused.value)


@pytest.mark.parametrize("address", ["ftp://groq", "api.groq.com", "https://"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(BadSetting, match="GROQ_BASE_URL"):
        settings(GROQ_BASE_URL=address)


def test_what_is_left_of_the_budget_lies_with_the_data() -> None:
    assert groq.pool(settings()).engine.options["ledgers"] == "/data/groq"


@pytest.mark.parametrize(
    ("address", "exempt", "proxied"),
    [
        ("https://api.groq.com", "", True),
        ("https://api.groq.com", "groq.com", False),
        ("http://127.0.0.1:9", "", False),
    ],
)
def test_it_goes_out_as_all_else_does(
    address: str, exempt: str, *, proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("no_proxy", exempt)
    account = groq.account(settings(GROQ_BASE_URL=address, HTTPS_PROXY="http://proxy:3128"))
    assert account.proxy == ("http://proxy:3128" if proxied else None)
