"""A damaged file of keys is an error that has a name: the keys in memory stay as they are."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from retender.errors import InvalidOption, KeysUnreadable
from serve_app.access.api_keys import Key, key_id, listed
from serve_app.access.key_file import KeyFile, Keyring

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
KEYS = st.builds(
    Key,
    id=TEXTS,
    sha256=TEXTS | st.just("0" * 64),
    name=TEXTS,
    owner=TEXTS,
    revoked_at=st.none() | st.floats(allow_nan=False, allow_infinity=False),
)


@given(st.binary(max_size=80))
@example(b"\xff")
@example(b'[{"id": "\xff"}]')
@example(b"[" * 100_000)
@example(b'[{"id": "a", "sha256": "b", "scopes": ["root"]}]')
def test_any_bytes_are_keys_or_cannot_be_read(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "keys.json"
        path.write_bytes(data)
        try:
            KeyFile(path).read()
        except KeysUnreadable:
            return
        Keyring(file=KeyFile(path))


@given(st.lists(KEYS, max_size=3), TEXTS | st.just("rt_" + "0" * 12 + "_" + "a" * 64))
@example([Key(id=key_id("x"), sha256="é")], "x")
def test_nobody_comes_in_by_a_key_that_is_not_theirs(keys: list[Key], presented: str) -> None:
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / "keys.json"
        path.write_bytes(msgspec.json.encode(keys))
        assert Keyring(file=KeyFile(path)).find(presented) is None


@given(TEXTS | st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80))
def test_a_key_of_the_settings_lets_in_just_itself_or_is_refused(text: str) -> None:
    try:
        key = listed(text)
    except InvalidOption:
        return
    ring = Keyring([key])
    assert ring.find(text.rpartition(":")[2]) == key or ring.find(text) == key
    assert ring.find(text + "x") is None
