"""Which addresses a stranger may send this service to."""

from __future__ import annotations

import ipaddress

import pytest

from retender.errors import UrlNotAllowed
from retender.outbound.addresses import AddressRules, check_addresses, check_url, is_public

ANY_PORT = AddressRules(ports=())
TRUSTING = AddressRules(schemes=("http", "https"), ports=(), private=True)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00::1"])
def test_what_anyone_can_reach_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.31.0.1",
        "192.0.0.192",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.5",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:8.8.8.8",
        "::ffff:127.0.0.1",
        "::8.8.8.8",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_what_only_some_can_reach_is_not(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.org/a.mp3", "https://"),
        ("ftp://example.org/a.mp3", "https://"),
        ("file:///etc/passwd", "https://"),
        ("example.org/a.mp3", "https://"),
        ("https://", "host"),
        ("https:///a.mp3", "host"),
        ("https://ana:secret@example.org/", "password"),
        ("https://ana@example.org/", "password"),
        ("https://example.org:8443/", "port 8443"),
        ("https://example.org]/", "cannot be"),
        ("https://xn--/", "Punycode"),
        ("https://example.org:0/", "port 0"),
        ("https://127.1/", "public"),
        ("https://0x7f000001./", "public"),
        ("https://127.0.0.1/", "public"),
        ("https://[::1]/", "public"),
        ("https://[::ffff:10.0.0.1]/", "public"),
        ("https://169.254.169.254/latest/meta-data", "public"),
        ("https://example.org/a b", "spaces"),
        ("https://example.org/\r\nHost: x", "spaces"),
        ("https://example.org/\0", "spaces"),
        ("https://example.org/" + "a" * 3000, "longer"),
        ("https://[not-an-address]/", "no URL"),
        ("https://example.org:port/", "no URL"),
    ],
)
def test_a_url_that_leads_elsewhere_is_refused_with_the_reason(url: str, why: str) -> None:
    with pytest.raises(UrlNotAllowed, match=why):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.mp3?x=1",
        "https://example.org:443/",
        "https://1.1.1.1/a",
        "https://ñ.es/",
    ],
)
def test_a_public_url_is_taken(url: str) -> None:
    assert check_url(url).scheme == "https"


def test_rules_may_be_wider() -> None:
    assert check_url("https://example.org:8443/", ANY_PORT).port == 8443
    assert check_url("http://127.0.0.1:9000/", TRUSTING).host == "127.0.0.1"


def test_one_private_address_among_public_ones_is_one_too_many() -> None:
    addresses = [ipaddress.ip_address("1.1.1.1"), ipaddress.ip_address("10.0.0.1")]
    with pytest.raises(UrlNotAllowed) as refused:
        check_addresses("both.example.org", addresses)
    assert "10.0.0.1" not in refused.value.message
