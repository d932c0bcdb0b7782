"""Keys: made, read, and told apart.

A key is `rt_<id>_<secret>`. Its id is no secret: it finds the key and names it in the logs. The
rest is known to nobody but its holder; what is kept is the SHA-256 of the whole. A secret has 256
bits, so nothing slower than that is needed to keep it from being guessed.

A key that someone has made up in a way of their own is taken as well, if it is long enough: its id
is then the beginning of its hash.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from retender.errors import InvalidOption
from serve_app.limits import KEY_CHARS

ID_BYTES: Final = 6
SECRET_BYTES: Final = 32

_FORM: Final = re.compile(rf"rt_([0-9a-f]{{{2 * ID_BYTES}}})_[0-9a-f]{{{2 * SECRET_BYTES}}}")
_OWN: Final = re.compile(rf"[!-+\--~]{{24,{KEY_CHARS}}}")
"""Whatever can stand in a header, but for the comma that parts one key from the next."""


class Scope(enum.StrEnum):
    SUBMIT = "submit"
    """Jobs of one's own: making, cancelling, retrying."""
    READ = "read"
    """Jobs of one's own, and how busy the service is."""
    ADMIN = "admin"
    """Everything, and everyone's jobs."""


USUAL: Final = (Scope.SUBMIT, Scope.READ)
"""Of a key for which nothing else is asked."""


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of a key."""

    id: str
    sha256: str
    name: str = ""
    """For people, to tell it from others."""
    scopes: tuple[Scope, ...] = USUAL
    owner: str = ""
    """Whose the jobs are that are made with it. Keys with one owner share their jobs."""
    created_at: float = 0.0
    revoked_at: float | None = None

    @property
    def admin(self) -> bool:
        return Scope.ADMIN in self.scopes

    @property
    def grants(self) -> frozenset[Scope]:
        return frozenset(Scope) if self.admin else frozenset(self.scopes)


def make(
    token_hex: Callable[[int], str],
    *,
    at: float,
    name: str = "",
    scopes: Iterable[Scope] = USUAL,
    owner: str = "",
) -> tuple[str, Key]:
    """A new key, which is shown this once, and what is kept of it."""
    key_id = token_hex(ID_BYTES)
    text = f"rt_{key_id}_{token_hex(SECRET_BYTES)}"
    kept = Key(
        id=key_id,
        sha256=digest(text),
        name=name,
        scopes=tuple(dict.fromkeys(scopes)),
        owner=owner or key_id,
        created_at=at,
    )
    return text, kept


def key_id(text: str) -> str:
    """By which a key is looked up, whether it is a true one or not."""
    form = _FORM.fullmatch(text)
    return form.group(1) if form else digest(text)[: 2 * ID_BYTES]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def verify(key: Key, text: str) -> bool:
    """In the same time, however much of it is right."""
    return hmac.compare_digest(key.sha256, digest(text)) and key.revoked_at is None


def listed(text: str) -> Key:
    """One out of a list of keys: `KEY`, or `admin:KEY`, or `submit+read:KEY`."""
    before, colon, after = text.rpartition(":")
    known = {str(scope) for scope in Scope}
    names = before.split("+") if colon else []
    if names and set(names) <= known:
        scopes, secret = tuple(Scope(name) for name in dict.fromkeys(names)), after
    else:
        scopes, secret = USUAL, text
    if not _FORM.fullmatch(secret) and not _OWN.fullmatch(secret):
        raise InvalidOption(
            f"a key of one's own has 24 to {KEY_CHARS} characters and no blanks; "
            "`retender keys create` makes one",
            field="key",
        )
    found = key_id(secret)
    return Key(id=found, sha256=digest(secret), name="listed", scopes=scopes, owner=found)
