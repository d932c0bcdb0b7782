"""A sentence for people about what is wrong, of which each half can also be had by itself."""

from __future__ import annotations

from typing import Self


class Problem(str):
    """`found`: what is wrong. `advice`: what to do, a whole sentence. The string is both."""

    __slots__ = ("advice", "found")

    found: str
    advice: str

    def __new__(cls, found: str, advice: str) -> Self:
        whole = super().__new__(cls, f"{found}. {advice}")
        whole.found, whole.advice = found, advice
        return whole
