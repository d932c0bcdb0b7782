"""Texts made alike before they are compared: what differs only in how it is written is no error.

Case, accents and punctuation go; numbers up to twenty are digits, however they are written, and of
longer ones each digit stands alone, as people say them on the telephone.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from models.digits.train.scoring import WordErrors, word_errors

_NUMBERS: Final = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "fr": "zero un deux trois quatre cinq six sept huit neuf dix onze douze",
}
_SPELT: Final = {
    language: {word: str(number) for number, word in enumerate(words.split())}
    for language, words in _NUMBERS.items()
}
_SIGNS: Final = {
    "en": {"*": "star", "#": "pound"},
    "es": {"*": "asterisco", "#": "numeral"},
    "fr": {"*": "étoile", "#": "dièse"},
}
"""Keys of a telephone: texts draw what people say."""

_SHORTENED: Final = re.compile(r"(?<=\w)['’](?=\w)")  # noqa: RUF001 - the typographic one is meant
_WORD: Final = re.compile(r"\d|[^\W\d_]+")


def words(text: str, language: str) -> list[str]:
    for sign, name in _SIGNS.get(language, {}).items():
        text = text.replace(sign, f" {name} ")
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    bare = _SHORTENED.sub("" if language == "en" else " ", bare)
    spelt = _SPELT.get(language, {})
    found = (spelt.get(word, word) for word in _WORD.findall(bare))
    return [digit for word in found for digit in (word if word.isdigit() else [word])]


def errors(said: str, heard: str, language: str) -> WordErrors:
    return word_errors(words(said, language), words(heard, language))
