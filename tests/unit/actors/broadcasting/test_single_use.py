"""What is good once: the first use of it, and how long it is remembered."""

from __future__ import annotations

from actors.broadcasting.single_use import SingleUse


def test_the_first_use_is_the_only_good_one() -> None:
    once = SingleUse(capacity=3)
    assert once.first("a", until=60.0)
    assert not once.first("a", until=60.0)
    assert once.first("b", until=60.0)


def test_what_was_used_is_remembered_no_longer_than_it_is_good() -> None:
    once = SingleUse(capacity=3)
    for number, name in enumerate("abc"):
        assert not once.full(now=0.0)
        once.first(name, until=60.0 + number)
    assert once.full(now=59.0)
    assert not once.full(now=60.0)
    assert not once.first("b", until=61.0)
