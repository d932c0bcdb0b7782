"""What bounds the comparison of chunks that share sound."""

from __future__ import annotations

from typing import Final

TAIL_SECONDS: Final = 2.0
TAIL_WORDS: Final = 24
TAIL_LETTERS: Final = 24
"""Remembered of the end of a chunk and of each word in it; older words are not compared with. No
chunks may overlap by more."""

HEAD_WORDS: Final = 4 * TAIL_WORDS
"""Words at the beginning of a chunk that are compared with the end of the one before; later ones
are kept as they are."""
