"""A transcript as the content of a file, in each format that there is, and names for many files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Final, Literal, get_args

from retender.errors import InvalidOption
from retender.transcript import word_document
from retender.transcript.formats import MEDIA_TYPES, Format, passes
from retender.transcript.passes import Passes
from retender.transcript.segments import Transcript

FileFormat = Literal[Format, "docx"]

FILE_TYPES: Final[Mapping[str, str]] = {
    **{str(kind): media_type for kind, media_type in MEDIA_TYPES.items()},
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
EXTENSIONS: Final[Mapping[str, str]] = {
    **{kind: kind for kind in get_args(FileFormat)},
    "verbose_json": "json",
}

STEM_CHARS: Final = 100
"""Of a longer name a file gets only the beginning."""

_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names of devices on Windows."""


def check_installed(kind: FileFormat) -> None:
    """Raises `InvalidOption` if a package is missing for this format."""
    if kind == "docx" and not word_document.installed():
        raise InvalidOption(
            "docx files are written where the extra `docx` is installed: "
            "pip install 'retender[docx]'",
            field="format",
            extra=word_document.EXTRA,
        )


def file_passes(
    about: Transcript, kind: FileFormat, *, task: str = "transcribe", title: str = ""
) -> Passes:
    """What writes the file. The segments of `about` are not looked at."""
    if kind == "docx":
        return iter((word_document.WordDocument(about, title),))
    return passes(about, kind, task=task)


class FileNames:
    """Names that any system can have in one folder."""

    def __init__(self, extension: str) -> None:
        self._extension = extension
        self._taken: set[str] = set()

    def take(self, name: str, fallback: str) -> str:
        """The name of a file for the recording `name`."""
        stem = _stem(name) or fallback
        for number in range(1, len(self._taken) + 2):
            mark = f" ({number})" if number > 1 else ""
            file_name = f"{stem}{mark}.{self._extension}"
            # Some systems do not tell upper case from lower case.
            if file_name.casefold() not in self._taken:
                break
        self._taken.add(file_name.casefold())
        return file_name


def _stem(name: str) -> str:
    """Without the ending of a recording, and without what a file's name cannot contain."""
    path = PurePath(_UNSAFE.sub("_", name))
    stem = path.stem if re.fullmatch(r"\.\w{2,5}", path.suffix) else path.name
    stem = stem[:STEM_CHARS].strip(" .")
    return f"_{stem}" if _RESERVED.fullmatch(stem) else stem
