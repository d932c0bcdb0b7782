"""How the sync to Convex is set up, and which mistakes stop the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.settings import BadSetting, Settings, read
from deployments.wiring.convex import convex

NO_FILE = Path("/nonexistent/.env")
KEY = "a-key-that-nobody-may-see"
SITE = "https://happy-otter-123.convex.site"


def settings(url: str = SITE, key: str = KEY, **more: str) -> Settings:
    return read({"CONVEX_URL": url, "CONVEX_API_KEY": key, **more}, NO_FILE)


def test_where_nothing_is_set_nothing_is_synced() -> None:
    assert convex(read({}, NO_FILE)) is None


def test_messages_are_in_the_language_of_the_service() -> None:
    there = convex(settings(RETENDER_LANGUAGE="en"))
    assert there is not None
    assert (there.endpoint, there.language) == (f"{SITE}/updateTranscriptionJob", "en")


@pytest.mark.parametrize("url", [f"{SITE}/", "http://127.0.0.1:3211"])
def test_an_address_of_ones_own_will_do(url: str) -> None:
    there = convex(settings(url))
    assert there is not None
    assert there.endpoint == f"{url.rstrip('/')}/updateTranscriptionJob"


def test_the_address_for_clients_is_taken_for_what_it_is() -> None:
    with pytest.raises(BadSetting, match=r"HTTP actions are at https://x\.convex\.site"):
        convex(settings("https://x.convex.cloud"))


@pytest.mark.parametrize(
    ("url", "key", "missing"), [(SITE, "", "CONVEX_API_KEY"), ("", KEY, "CONVEX_URL")]
)
def test_half_of_it_is_none_of_it(url: str, key: str, missing: str) -> None:
    with pytest.raises(BadSetting, match=f"{missing} is not") as raised:
        convex(settings(url, key))
    assert KEY not in str(raised.value)


@pytest.mark.parametrize("url", ["happy-otter-123.convex.site", "ftp://x.convex.site", "https://"])
def test_what_is_no_address_stops_the_start(url: str) -> None:
    with pytest.raises(BadSetting, match="CONVEX_URL"):
        settings(url)


def test_the_key_is_never_shown() -> None:
    there = settings()
    assert KEY not in repr(there)
    assert KEY not in repr(convex(there))
    with pytest.raises(BadSetting) as raised:
        settings(key=f"{KEY} {KEY}")
    assert KEY not in str(raised.value)
