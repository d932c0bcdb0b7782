"""API keys: makes them, reads them from settings, and verifies them.

A key is `rt_<id>_<secret>`. The id is not secret: the key is found by it and named by it in logs.
Only the key's holder knows the secret; what is stored is the SHA-256 of the whole key. A secret has
256 bits, so it cannot be guessed, and no slower hash is needed.

A key in another form is accepted as well if it is long enough; its id is the beginning of its hash.
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
"""Characters that can be in a header, except the comma that separates the keys of a list."""


class Scope(enum.StrEnum):
    SUBMIT = "submit"
    """Make, cancel and retry one's own jobs."""
    READ = "read"
    """See one's own jobs, and how busy the service is."""
    ADMIN = "admin"
    """Do everything, with the jobs of all owners."""


USUAL: Final = (Scope.SUBMIT, Scope.READ)
"""The scopes of a key that is made without naming any."""


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is stored of a key."""

    id: str
    sha256: str
    name: str = ""
    """For people."""
    scopes: tuple[Scope, ...] = USUAL
    owner: str = ""
    """Of the jobs that are made with the key. Keys with the same owner share their jobs."""
    created_at: float = 0.0
    revoked_at: float | None = None
    hotwords: str = ""
    """The holder's own vocabulary: hot words for each of its jobs, after the job's own."""
    priority_max: int | None = None
    """The highest priority of its jobs. None: what the service says for keys that name none."""

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
    hotwords: str = "",
    priority_max: int | None = None,
) -> tuple[str, Key]:
    """A new key, which is shown only now, and what is stored of it."""
    key_id = token_hex(ID_BYTES)
    text = f"rt_{key_id}_{token_hex(SECRET_BYTES)}"
    stored = Key(
        id=key_id,
        sha256=digest(text),
        name=name,
        scopes=tuple(dict.fromkeys(scopes)),
        owner=owner or key_id,
        created_at=at,
        hotwords=hotwords,
        priority_max=priority_max,
    )
    return text, stored


def key_id(text: str) -> str:
    """The id by which this key is looked up, even if it is a wrong one."""
    form = _FORM.fullmatch(text)
    return form.group(1) if form else digest(text)[: 2 * ID_BYTES]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def verify(key: Key, text: str) -> bool:
    """Takes the same time however much of the key is right."""
    return (
        hmac.compare_digest(key.sha256.encode(), digest(text).encode()) and key.revoked_at is None
    )


def listed(text: str) -> Key:
    """A key from a list in the settings: `KEY`, `admin:KEY`, or `submit+read:KEY`."""
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
