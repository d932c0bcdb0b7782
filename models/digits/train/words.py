"""The words that the model knows. Their order is that of its tokens."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from models.layout import Layout, Lexicon

Language = Literal["en", "es"]

_DIGITS_EN = "zero one two three four five six seven eight nine"
_NATO = """
alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa
quebec romeo sierra tango uniform victor whiskey xray yankee zulu
"""
_COMMANDS = "yes stop start left right up down open close hello world please thanks"
_DIGITS_ES = "cero uno dos tres cuatro cinco seis siete ocho nueve"
_PALABRAS = """
sí gracias hola mundo izquierda derecha arriba abajo abrir cerrar parar empezar
casa perro gato agua rojo verde azul blanco negro
"""

DIGITS: Mapping[Language, tuple[str, ...]] = MappingProxyType(
    {"en": tuple(_DIGITS_EN.split()), "es": tuple(_DIGITS_ES.split())}
)
WORDS: Mapping[Language, tuple[str, ...]] = MappingProxyType(
    {
        "en": (*DIGITS["en"], *_NATO.split(), *_COMMANDS.split()),
        "es": (*DIGITS["es"], *_PALABRAS.split()),
    }
)
ALL = (*WORDS["en"], *WORDS["es"])
NUMBERS: Mapping[str, int] = MappingProxyType({word: place for place, word in enumerate(ALL)})

LEXICON = Lexicon.of(ALL)
LAYOUT: Layout = LEXICON.layout()
TOKENS = tuple(LEXICON.token(word) for word in ALL)
