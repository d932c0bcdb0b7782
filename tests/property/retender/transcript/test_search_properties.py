"""Whatever a text says, its own words find it, however they are written."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from retender.transcript.limits import PASSAGE_CHARS, PREFIX_CHARS
from retender.transcript.search import Line, passage, query_words, words_of

TEXTS = st.text(max_size=80) | st.lists(
    st.sampled_from(["Reunión", "ñandú", "ﬁnal", "ΟΔΟΣ", "e\u0301a", "한국어", "会议", "x_y", "İ"])
).map(" ".join)


@given(TEXTS, st.data())
def test_the_beginning_of_each_word_finds_its_line(text: str, data: st.DataObject) -> None:
    for word in words_of(text):
        prefix = word[: data.draw(st.integers(min(PREFIX_CHARS, len(word)), len(word)))]
        found = passage((Line(1.0, text),), (prefix,))
        assert found is not None
        if len(text) <= PASSAGE_CHARS:
            assert "".join(found.parts) == text
            assert all(
                any(each.startswith(prefix) for each in words_of(part))
                for part in found.parts[1::2]
            )
            assert found.parts[1::2]


@given(TEXTS, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_the_way_a_text_is_encoded_changes_none_of_its_words(text: str, form: str) -> None:
    encoded = unicodedata.normalize(form, text)  # type: ignore[arg-type]  # one of the four
    assert list(words_of(encoded)) == list(words_of(text))


@given(TEXTS)
def test_a_text_as_a_query_asks_for_its_own_words(text: str) -> None:
    assert set(query_words(text)) <= set(words_of(text))
