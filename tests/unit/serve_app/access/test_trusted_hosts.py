"""Which names and pages are trusted where no key protects the service."""

from __future__ import annotations

import pytest

from serve_app.access.trusted_hosts import trusted, welcome


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8000",
        "LOCALHOST",
        "127.0.0.1:8000",
        "192.168.1.20",
        "[::1]:8000",
        "retender",
        "retender:8000",
        "nas.local",
        "stt.home.arpa:8443",
        "host.docker.internal",
        "app.localhost.",
    ],
)
def test_addresses_and_names_that_nobody_can_register_are_trusted(host: str) -> None:
    assert trusted(host, ())


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evillocal.com",
        "user@evil.example",
        "",
        "[::1",
    ],
)
def test_other_names_are_not(host: str) -> None:
    assert not trusted(host, ("stt.example.org",))


def test_names_that_the_owner_lists_are() -> None:
    assert trusted("stt.example.org:8000", ("stt.example.org",))
    assert trusted("a.example.org", ("*.example.org",))
    assert not trusted("example.org", ("*.example.org",))
    assert not trusted("evilexample.org", ("*.example.org",))
    assert trusted("anything.example", ("*",))


@pytest.mark.parametrize(
    ("origin", "others", "expected"),
    [
        (None, (), True),
        ("https://here.example", (), True),
        ("https://HERE.example", (), True),
        ("https://here.example:8443", (), False),
        ("https://app.example", (), False),
        ("https://app.example", ("https://app.example",), True),
        ("http://app.example", ("https://app.example",), False),
        ("null", (), False),
        ("https://evil.example", ("*",), True),
    ],
)
def test_pages_from_here_and_those_that_were_named_are_welcome(
    origin: str | None, others: tuple[str, ...], expected: bool
) -> None:
    assert welcome(origin, "here.example", others) == expected
