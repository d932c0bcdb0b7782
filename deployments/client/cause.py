"""An error in one sentence for a person."""

from __future__ import annotations

from retender.errors import RetenderError


def cause(error: Exception) -> str:
    """The innermost cause, in one sentence."""
    if isinstance(error, RetenderError):
        return str(error.details.get("cause", error.message)).removeprefix("ChildFailed: ")
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)
