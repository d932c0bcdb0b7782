from __future__ import annotations

import secrets

import pytest

from retender.errors import InvalidOption
from serve_app.access.api_keys import Key, Scope, key_id, listed, make, verify


def made(**options: object) -> tuple[str, Key]:
    return make(secrets.token_hex, at=1.0, **options)  # type: ignore[arg-type]  # as the test says


def test_a_key_is_known_again_and_no_other_is() -> None:
    text, key = made(name="laptop")
    other, _ = made()
    assert verify(key, text)
    assert not verify(key, other)
    assert not verify(key, text[:-1])
    assert not verify(key, text.upper())


def test_what_is_kept_of_a_key_does_not_give_it_away() -> None:
    text, key = made(name="laptop")
    secret = text.rpartition("_")[2]
    assert secret not in repr(key)
    assert key_id(text) == key.id
    assert text.startswith(f"rt_{key.id}_")


def test_a_revoked_key_is_good_no_more() -> None:
    text, key = made()
    revoked = Key(id=key.id, sha256=key.sha256, revoked_at=2.0)
    assert not verify(revoked, text)


def test_an_admin_may_do_everything_and_others_what_they_were_given() -> None:
    assert made(scopes=[Scope.ADMIN])[1].grants == frozenset(Scope)
    assert made(scopes=[Scope.READ])[1].grants == {Scope.READ}
    assert made()[1].grants == {Scope.SUBMIT, Scope.READ}


def test_jobs_belong_to_the_key_unless_it_shares_them() -> None:
    _, alone = made()
    _, shared = made(owner="team")
    assert alone.owner == alone.id
    assert shared.owner == "team"


def test_a_key_out_of_a_list_says_what_it_may_do() -> None:
    text, key = made()
    assert listed(text).grants == {Scope.SUBMIT, Scope.READ}
    assert listed(f"admin:{text}").admin
    assert listed(f"read:{text}").scopes == (Scope.READ,)
    assert listed(f"submit+read:{text}").sha256 == key.sha256


@pytest.mark.parametrize("own", ["correct-horse-battery-staple", "a:key:with:colons:in:itself:0"])
def test_a_long_secret_of_ones_own_is_a_key_as_well(own: str) -> None:
    key = listed(own)
    assert verify(key, own)
    assert own not in repr(key)
    assert key_id(own) == key.id


@pytest.mark.parametrize("weak", ["secret", "rt_short", "x" * 201, "twenty four chars and blanks"])
def test_a_weak_one_is_refused_and_not_repeated(weak: str) -> None:
    with pytest.raises(InvalidOption) as refused:
        listed(weak)
    assert weak not in refused.value.message
