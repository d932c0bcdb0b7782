"""The tokens of a Whisper model: pieces of text, then the special ones in the order all rely on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

_CODES = """
en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr
bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn
yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su
"""
LANGUAGES = tuple(_CODES.split())

STEP = 0.02
"""Seconds from one timestamp to the next."""

_TIMESTAMPS = 1501
_BYTES = 256


class Layout(NamedTuple):
    """Where each special token stands. Text comes before `end_of_text`."""

    end_of_text: int
    languages: tuple[str, ...] = LANGUAGES

    @property
    def start(self) -> int:
        return self.end_of_text + 1

    def language(self, code: str) -> int:
        return self.start + 1 + self.languages.index(code)

    @property
    def language_ids(self) -> range:
        return range(self.start + 1, self.start + 1 + len(self.languages))

    @property
    def _tasks(self) -> int:
        return self.language_ids.stop

    @property
    def transcribe(self) -> int:
        return self._tasks + 1

    @property
    def previous(self) -> int:
        return self._tasks + 3

    @property
    def no_speech(self) -> int:
        return self._tasks + 4

    @property
    def no_timestamps(self) -> int:
        return self._tasks + 5

    @property
    def first_timestamp(self) -> int:
        return self._tasks + 6

    @property
    def size(self) -> int:
        return self.first_timestamp + _TIMESTAMPS

    def special(self) -> dict[str, int]:
        names = ["endoftext", "startoftranscript", *self.languages]
        names += ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
        names += [f"{number * STEP:.2f}" for number in range(_TIMESTAMPS)]
        return {f"<|{name}|>": self.end_of_text + number for number, name in enumerate(names)}


MULTILINGUAL = Layout(50_257)
LARGE_V3 = Layout(50_257, (*LANGUAGES, "yue"))


class Lexicon(NamedTuple):
    """Byte-level pair encoding in which each known word, with the space before it, is one token.

    Anything else is spelt in bytes, so every text can be written.
    """

    pieces: dict[str, int]
    merges: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, words: Iterable[str]) -> Lexicon:
        letters = _letters()
        pieces = {letters[byte]: byte for byte in range(_BYTES)}
        merges: list[tuple[str, str]] = []
        for word in words:
            symbols = _merged([letters[byte] for byte in _spaced(word)], merges)
            while len(symbols) > 1:
                merges.append((symbols[0], symbols[1]))
                whole = symbols[0] + symbols[1]
                pieces.setdefault(whole, len(pieces))
                symbols = [whole, *symbols[2:]]
        return cls(pieces, tuple(merges))

    def token(self, word: str) -> int:
        letters = _letters()
        return self.pieces["".join(letters[byte] for byte in _spaced(word))]

    @property
    def space(self) -> int:
        """The space that begins no known word. Kept from coming first, an answer can be empty."""
        return self.pieces[_letters()[ord(" ")]]

    def layout(self) -> Layout:
        """The smallest that holds it: one place more is for the token that has no text."""
        return Layout(len(self.pieces) + 1)

    def write_tokenizer(self, file: Path, layout: Layout) -> None:
        special = layout.special()
        tokenizer = Tokenizer(
            models.BPE(vocab={**self.pieces, **special}, merges=list(self.merges))
        )
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        tokenizer.add_special_tokens(
            [AddedToken(name, special=True, normalized=False) for name in special]
        )
        tokenizer.save(str(file))

    def listing(self, layout: Layout) -> list[str]:
        """Every token in its place; places that no token has get names of their own."""
        names = {place: name for name, place in (self.pieces | layout.special()).items()}
        listing = [names.get(place, f"<u{place}>") for place in range(layout.size)]
        # From 4.7 on, this token is how CTranslate2 knows a multilingual Whisper model.
        listing[layout.end_of_text - 1] = ""
        return listing


def _spaced(word: str) -> bytes:
    return f" {word}".encode()


def _letters() -> list[str]:
    """The visible letter that stands for each byte: its own where it has one."""
    visible = {*range(33, 127), *range(161, 173), *range(174, 256)}
    letters: list[str] = []
    hidden = 0
    for byte in range(_BYTES):
        letters.append(chr(byte if byte in visible else _BYTES + hidden))
        hidden += byte not in visible
    return letters


def _merged(symbols: list[str], merges: Sequence[tuple[str, str]]) -> list[str]:
    """As the tokenizer will do it: of all pairs that may merge, the earliest learnt goes first."""
    rank = {pair: number for number, pair in enumerate(merges)}
    while True:
        known = [(rank[pair], at) for at, pair in enumerate(pairwise(symbols)) if pair in rank]
        if not known:
            return symbols
        _, at = min(known)
        symbols = [*symbols[:at], symbols[at] + symbols[at + 1], *symbols[at + 2 :]]
