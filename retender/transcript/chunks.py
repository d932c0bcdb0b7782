"""Plans the chunks of a recording, and merges what was recognised in them.

A chunk is speech of at most the model's window. It begins and ends in a pause, except inside
speech that goes on for longer than a window: there it is cut at the quietest point, and the next
chunk begins a little before the cut, so that each word is whole in one of the two.

Positions are samples, spans are half open. Results are merged in the order of their chunks, one
at a time, into a `Seam` that is small enough to be stored with the job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import msgspec

from retender.transcript.limits import TAIL_SECONDS
from retender.transcript.overlap import ComparedWord, compared_word, repeated, tail
from retender.transcript.packing import pack
from retender.transcript.segments import Segment, Word, spoken, spread
from retender.transcript.sentences import in_sentences

SAMPLE_RATE = 16_000

SHORTEST_PAUSE = SAMPLE_RATE // 10
"""Samples: a shorter pause counts as speech, and is no place to cut."""

PADDING = SAMPLE_RATE // 5
"""Samples of silence kept around speech if possible: detectors miss soft beginnings."""

LEAST_KEPT_PAUSE = SAMPLE_RATE * 3 // 10
"""A chunk knows of its pauses from this length on."""

Quietest = Callable[[int, int], int]


class Span(msgspec.Struct, frozen=True):
    """A stretch of the recording with speech, in samples."""

    start: int
    end: int


class Chunk(msgspec.Struct, frozen=True):
    start: int
    end: int
    overlap: int = 0
    """So many samples at its beginning belong to the chunk before it too."""
    overlap_after: int = 0
    """So many samples at its end belong to the chunk after it too."""
    pauses: tuple[tuple[int, int], ...] = ()
    """Where in it nobody speaks, as far as that is known."""
    silence: int = 0
    """Samples without speech that count as done with it: those since the chunk before it, and with
    the last one those behind it."""

    @property
    def seconds(self) -> float:
        return (self.end - self.start) / SAMPLE_RATE

    @property
    def overlap_seconds(self) -> float:
        return self.overlap / SAMPLE_RATE

    @property
    def own_seconds(self) -> float:
        """Its seconds without the overlap, which is counted with the chunk before."""
        return self.seconds - self.overlap_seconds

    @property
    def counted_seconds(self) -> float:
        """So many seconds of the recording are done when it is: together, the chunks of a plan
        count all of it."""
        return self.own_seconds + self.silence / SAMPLE_RATE

    @property
    def joined_by_words(self) -> bool:
        """True if words need times, as a neighbour contains some of them too."""
        return self.overlap > 0 or self.overlap_after > 0


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """The chunks of a recording; none if it has no speech."""

    duration: float
    chunks: tuple[Chunk, ...]
    whole: bool = False
    """The only chunk is the upload as it came: nothing has been decoded."""


class ChunkResult(msgspec.Struct, frozen=True):
    """What was recognised in a chunk. Times are those of the recording; ids mean nothing yet."""

    segments: tuple[Segment, ...]
    language: str | None = None
    language_probability: float | None = None


class Seam(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that merging must remember between two chunks."""

    next_id: int = 0
    end: float = 0.0
    tail: tuple[ComparedWord, ...] = ()


def plan(
    spans: Sequence[Span],
    total_samples: int,
    window: int,
    *,
    aim: int = 0,
    quietest: Quietest | None = None,
    overlap: int = SAMPLE_RATE,
) -> Plan:
    """Cut the recording so that every sample of speech is in a chunk.

    As few chunks as the window allows, with the longest pauses at their cuts and the most even; or
    chunks of about `aim` samples, where a model works less on shorter ones (`packing`).

    `quietest` names the best place to cut between two positions; without it long speech is cut
    evenly. `overlap` is used only there, and must leave room in the window.
    """
    if not 0 <= overlap <= min(window // 4, int(TAIL_SECONDS * SAMPLE_RATE)):
        raise ValueError(f"chunks of {window} samples cannot overlap by {overlap}")
    parts: list[Span] = []
    for span in _speech(spans, total_samples):
        parts += _cut(span, window, overlap, quietest)
    packed = pack(parts, window, aim, around=2 * PADDING)
    groups = [Span(parts[group.first].start, parts[group.last].end) for group in packed]
    chunks = [
        msgspec.structs.replace(chunk, pauses=_pauses(parts[group.first : group.last + 1]))
        for group, chunk in zip(packed, _pad(groups, total_samples, window), strict=True)
    ]
    return Plan(total_samples / SAMPLE_RATE, tuple(_with_silence(chunks, total_samples)))


def _with_silence(chunks: Sequence[Chunk], total: int) -> Iterator[Chunk]:
    done = 0
    for number, chunk in enumerate(chunks, start=1):
        behind = total - chunk.end if number == len(chunks) else 0
        silence = chunk.start + chunk.overlap - done + behind
        yield msgspec.structs.replace(chunk, silence=silence)
        done = chunk.end


def _pauses(parts: Sequence[Span]) -> tuple[tuple[int, int], ...]:
    return tuple(
        (former.end, latter.start)
        for former, latter in pairwise(parts)
        if latter.start - former.end >= LEAST_KEPT_PAUSE
    )


def _speech(spans: Sequence[Span], total: int) -> list[Span]:
    """In order, inside the recording, and apart from each other by pauses."""
    speech: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        start, end = max(0, span.start), min(total, span.end)
        if start >= end:
            continue
        if speech and start - speech[-1].end < SHORTEST_PAUSE:
            speech[-1] = Span(speech[-1].start, max(end, speech[-1].end))
        else:
            speech.append(Span(start, end))
    return speech


def _cut(span: Span, window: int, overlap: int, quietest: Quietest | None) -> Iterator[Span]:
    """Speech without a pause, in even parts that share the audio around each cut.

    Each cut may move by half of `reach` to either side: parts are counted so that no move makes
    one of them longer than the window.
    """
    length = span.end - span.start
    reach = window // 10
    count = 1 if length <= window else -(-length // (window - overlap - reach))
    start = span.start
    for number in range(1, count):
        even = span.start + number * length // count
        least, most = even - reach // 2, even + reach // 2
        cut = even if quietest is None else min(most, max(least, quietest(least, most)))
        yield Span(start, cut + overlap - overlap // 2)
        start = cut - overlap // 2
    yield Span(start, span.end)


def _pad(groups: Sequence[Span], total: int, window: int) -> Iterator[Chunk]:
    """Into the silence on both sides, up to half of the way to the neighbour."""
    for index, group in enumerate(groups):
        room = window - (group.end - group.start)
        former = groups[index - 1].end if index else -group.start
        latter = groups[index + 1].start if index + 1 < len(groups) else 2 * total - group.end
        before = max(0, min(PADDING, (group.start - former) // 2, room // 2))
        after = max(0, min(PADDING, (latter - group.end) // 2, room - before))
        overlap = max(0, former - group.start)
        yield Chunk(group.start - before, group.end + after, overlap, max(0, group.end - latter))


def merge(seam: Seam, chunk: Chunk, result: ChunkResult) -> tuple[Seam, tuple[Segment, ...]]:
    """The segments that the next chunk in order adds to the transcript.

    Guaranteed: ids have no gaps, no segment is blank, none begins before the end of the one
    before it or ends before it begins, all times lie within the recording, none is longer than
    can be read at a glance, and words that repeat the former chunk are left out.
    """
    begin, end = chunk.start / SAMPLE_RATE, chunk.end / SAMPLE_RATE
    segments = _in_order(result.segments, begin, end)
    if chunk.overlap_after:
        segments = _up_to(segments, end - chunk.overlap_after / SAMPLE_RATE / 2)
    if chunk.overlap:
        segments = _without_repeats(seam.tail, segments, begin, begin + chunk.overlap_seconds)
    released: list[Segment] = []
    last = seam.end
    for segment in segments:
        placed = _placed(segment, last, max(last, segment.end))
        for sentence in in_sentences(placed):
            part = _placed(sentence, last, max(last, sentence.end))
            released.append(msgspec.structs.replace(part, id=seam.next_id + len(released)))
            last = part.end
    after = Seam(seam.next_id + len(released), last, _tail(seam, released, end))
    return after, tuple(released)


def _tail(seam: Seam, released: Sequence[Segment], edge: float) -> tuple[ComparedWord, ...]:
    """Only of the segments that reach into it: words take time to be made comparable."""
    near = [segment for segment in released if segment.end > edge - TAIL_SECONDS]
    words = [word for segment in near for word in _compared_words(segment)]
    return tail((*seam.tail, *words), edge)


def _in_order(segments: Sequence[Segment], begin: float, end: float) -> list[Segment]:
    """Recognisers err: times beyond the audio, ends after the next beginning, blank segments.

    The order of the text is believed over the times.
    """
    spoken_ones = [segment for segment in segments if segment.text.strip()]
    starts: list[float] = []
    for segment in spoken_ones:
        starts.append(_clamp(segment.start, starts[-1] if starts else begin, end))
    limits = [*starts, end][1:]
    return [
        _within(segment, start, min(limit, _clamp(segment.end, start, end)))
        for segment, start, limit in zip(spoken_ones, starts, limits, strict=True)
    ]


def _without_repeats(
    former: Sequence[ComparedWord], segments: Sequence[Segment], begin: float, end: float
) -> list[Segment]:
    words = [_compared_words(segment) for segment in segments]
    dropped = repeated(former, [word for group in words for word in group], begin, end)
    kept: list[Segment] = []
    index = 0
    for segment, group in zip(segments, words, strict=True):
        places = [place for place in range(len(group)) if index + place not in dropped]
        index += len(group)
        if len(places) == len(group):
            kept.append(segment)
        elif places and (rest := _only(segment, group, places)).text:
            kept.append(rest)
    return kept


def _up_to(segments: Sequence[Segment], cut: float) -> list[Segment]:
    """Without the words after the cut: the next chunk has them whole, while this one may have only
    their beginnings. Words with estimated times all stay."""
    kept: list[Segment] = []
    for segment in segments:
        group = _compared_words(segment)
        places = [n for n, word in enumerate(group) if word.guessed or word.middle < cut]
        if len(places) == len(group):
            kept.append(segment)
        elif places and (rest := _only(segment, group, places)).text:
            kept.append(rest)
    return kept


def _only(segment: Segment, group: Sequence[ComparedWord], places: Sequence[int]) -> Segment:
    words = tuple(segment.words[place] for place in places) if segment.words else ()
    tokens = segment.text.split()
    text = spoken(words) if words else " ".join(tokens[place] for place in places)
    end = segment.end if places[-1] + 1 == len(group) else group[places[-1]].end
    return msgspec.structs.replace(
        segment, start=group[places[0]].start, end=end, text=text, words=words
    )


def _compared_words(segment: Segment) -> list[ComparedWord]:
    if segment.words:
        return [compared_word(word.word, word.start, word.end) for word in segment.words]
    words = spread(segment.text.split(), segment.start, segment.end)
    return [compared_word(word.word, word.start, word.end, guessed=True) for word in words]


def _within(segment: Segment, begin: float, end: float) -> Segment:
    """With all its times to the millisecond."""
    words = tuple(
        Word(word.word, round(word.start, 3), round(word.end, 3), word.confidence)
        for word in segment.words
    )
    return _placed(msgspec.structs.replace(segment, words=words), begin, end)


def _placed(segment: Segment, begin: float, end: float) -> Segment:
    """The times of its words are to the millisecond already."""
    start = _clamp(segment.start, begin, end)
    words = _ordered(segment.words, start, end)
    return msgspec.structs.replace(
        segment, start=start, end=_clamp(segment.end, start, end), words=words
    )


def _ordered(words: tuple[Word, ...], begin: float, end: float) -> tuple[Word, ...]:
    """Mostly they are so already, and a long recording has very many."""
    earliest = begin
    for word in words:
        if not earliest <= word.start <= word.end <= end:
            break
        earliest = word.start
    else:
        return words
    ordered: list[Word] = []
    earliest = begin
    for word in words:
        earliest = _clamp(word.start, earliest, end)
        word_end = _clamp(word.end, earliest, end)
        ordered.append(msgspec.structs.replace(word, start=earliest, end=word_end))
    return tuple(ordered)


def _clamp(seconds: float, least: float, most: float) -> float:
    """To the millisecond. In this order of arguments a NaN comes out as the least."""
    return round(min(most, max(least, seconds)), 3)
