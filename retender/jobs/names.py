"""The names of jobs, as people read them in lists: at first the name of the file."""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import unquote, urlsplit

from retender.errors import InvalidOption
from retender.jobs.limits import NAME_CHARS

_FILE: Final = re.compile(r".+\.\w{2,5}", re.DOTALL)
_UNPRINTABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, halves of characters, and the ends of lines and paragraphs."""

_DIRECTIONS: Final = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""With these, `gpj.exe` is shown as `exe.jpg`."""


def checked_name(text: str) -> str:
    """The name that a person gives a job. Raises `InvalidOption`."""
    name = _printable(text)
    if not 0 < len(name) <= NAME_CHARS:
        accepted = f"a name of 1 to {NAME_CHARS} characters"
        raise InvalidOption(f"name: accepted is {accepted}", field="name", accepted=accepted)
    return name


def name_from_file(filename: str) -> str:
    """A name is made of whatever the client calls its file; empty if nothing of it is readable."""
    last = re.split(r"[/\\]", _printable(filename))[-1]
    return last.strip()[:NAME_CHARS].rstrip()


def name_from_url(url: str) -> str:
    """Empty if the address does not end in a file's name: it may end in a secret."""
    last = unquote(urlsplit(url).path.rpartition("/")[2], errors="replace")
    return name_from_file(last) if _FILE.fullmatch(last) else ""


def _printable(text: str) -> str:
    """On one line, without what cannot be shown or changes how the rest is shown."""
    text = _DIRECTIONS.sub("", text)
    shown = (" " if unicodedata.category(each) in _UNPRINTABLE else each for each in text)
    return " ".join("".join(shown).split())
