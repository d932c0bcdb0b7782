"""Limits of edits, of search, and of the comparison of two chunks that share audio."""

from __future__ import annotations

from typing import Final

EDITED_SEGMENTS: Final = 50_000
"""Segments of an edited transcript. One with more is refused."""

EDITED_SEGMENT_BYTES: Final = 1 << 20
"""Bytes of one segment of an edited transcript, with its words. A longer one is refused."""

EDIT_PART_BYTES: Final = 512 * 1024
"""An edit is stored in parts of so many bytes before they are compressed, or of one segment."""

EDIT_BYTES: Final = 6 << 20
"""Bytes of an edit when it is compressed: it is sent to the journal in one message. A longer one is
refused; twenty hours with all their words have five."""

EDITED_SECONDS: Final = 1_000_000.0
"""The latest time in an edited transcript: eleven days. A later one is refused."""

QUERY_WORDS: Final = 8
"""Words of a query that are searched for; further ones are left out."""

PREFIX_CHARS: Final = 3
"""A shorter word of a query finds only itself: too many words begin with it."""

WORD_CHARS: Final = 64
"""Of a longer word only its beginning is found."""

PASSAGE_CHARS: Final = 160
"""Of the text around what was found, so much is shown."""

TAIL_SECONDS: Final = 2.0
TAIL_WORDS: Final = 24
TAIL_LETTERS: Final = 24
"""What is kept of the end of a chunk to compare it with the next one: seconds, words, and letters
of each word. Chunks must not overlap by more seconds."""

HEAD_WORDS: Final = 4 * TAIL_WORDS
"""Words at the beginning of a chunk that are compared with the end of the one before. Later words
are kept as they are."""
