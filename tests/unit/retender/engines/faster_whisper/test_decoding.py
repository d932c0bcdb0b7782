"""What becomes of what a model says, with a model that says what the test wants."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from retender.engines.faster_whisper.chunk_decoder import Utterance
from retender.engines.faster_whisper.decoding import Advance, ChunkDone, alike, recognise
from retender.engines.faster_whisper.model import Features, Generated, Instructions, Model, Sampling
from retender.engines.faster_whisper.tokens import Aligned
from retender.transcript.chunks import SAMPLE_RATE

SPECIAL, TIMES = 1000, 1200
ENGLISH, SPANISH = Instructions("en", "transcribe"), Instructions("es", "transcribe")
LOOP = (1,) * 100
CALM = (1, 2, 3)


class Parrot:
    """Says for each window, known by its first number, what it was taught; words are numbers."""

    window = 3000
    takes_less = False
    encodes_together = True
    first_special = SPECIAL
    first_timestamp = TIMES

    def __init__(self, says: Mapping[float, Sequence[Generated]]) -> None:
        self._says = {window: list(answers) for window, answers in says.items()}
        self.calls: list[tuple[Any, ...]] = []
        self.given: list[int] = []

    def features(self, samples: Features) -> Features:
        return np.repeat(samples[np.newaxis, :1], 100 * len(samples), axis=1)

    def prompt(self, instructions: Instructions, *, times: bool = True) -> tuple[int, ...]:
        if not times:
            self.calls.append(("without times",))
        return (1, 2, 3, *([0] * len(instructions.prompt.split())))

    def frames(self, sound: int) -> int:
        return 3000

    def encode(self, windows: Sequence[Features], frames: int = 3000) -> list[float]:
        encoded = [float(window[0, 0]) for window in windows]
        self.given.append(frames)
        self.calls.append(("encode", *encoded))
        return encoded

    def joined(self, encoded: Sequence[list[float]]) -> list[float]:
        return [window for part in encoded for window in part]

    def picked(self, encoded: Sequence[float], windows: Sequence[int]) -> list[float]:
        return [encoded[n] for n in windows]

    def detect(self, encoded: Sequence[float]) -> list[dict[str, float]]:
        return [{"en": 0.2, "es": 0.8} if window < 0 else {"en": 1.0} for window in encoded]

    def generate(
        self, encoded: Sequence[float], prompts: Sequence[tuple[int, ...]], sampling: Sampling
    ) -> list[Generated]:
        assert len({len(prompt) for prompt in prompts}) == 1
        self.calls.append(("generate", sampling, *encoded))
        return [self._says[window].pop(0) for window in encoded]

    def text(self, tokens: Sequence[int]) -> str:
        return " ".join(str(token) for token in tokens if token < SPECIAL)

    def words(self, instructions: Instructions, tokens: Sequence[int]) -> list[Aligned]:
        return [Aligned(f" {instructions.language}{token}", 1) for token in tokens]

    def align(
        self,
        encoded: object,
        instructions: Instructions,
        texts: Sequence[Sequence[int]],
        frames: Sequence[int],
    ) -> list[list[Aligned]]:
        self.calls.append(("align", instructions.language))
        return [
            [
                Aligned(f" {instructions.language}{token}", 1, n, n + 1.0)
                for n, token in enumerate(text)
            ]
            for text in texts
        ]


def said(tokens: Sequence[int], *, average: float = -0.1, no_speech: float = 0.0) -> Generated:
    return Generated(tuple(tokens), average, no_speech, full=False)


def window(
    number: float,
    seconds: int = 10,
    *,
    instructions: Instructions = ENGLISH,
    detect: bool = False,
    words: bool = False,
) -> Utterance:
    samples = np.full(seconds, number, np.float32)
    return Utterance(samples, 0.0, instructions, detect=detect, words=words)


def model(parrot: Parrot) -> Model:
    return cast("Model", parrot)


def texts(parrot: Parrot, *utterances: Utterance) -> list[str]:
    told = {
        step.number: " ".join(segment.text for segment in step.result.segments)
        for step in recognise(model(parrot), utterances, 5)
        if isinstance(step, ChunkDone)
    }
    return [told[number] for number in range(len(utterances))]


def test_text_that_repeats_itself_is_decoded_again_without_its_neighbours() -> None:
    parrot = Parrot({1: [said(CALM)], 2: [said(LOOP), said([4, 5])]})
    assert texts(parrot, window(1), window(2)) == ["en1 en2 en3", "en4 en5"]
    again = parrot.calls[2:]
    assert [call[0] for call in again] == ["encode", "generate"]
    assert all(call[-1] == 2 and 1 not in call for call in again)
    assert again[1][1].never_twice > 0
    assert again[1][1].temperature == 0


def test_the_less_repetitive_of_two_tries_stands() -> None:
    parrot = Parrot({1: [said(LOOP[:60]), said(LOOP * 3)]})
    assert len(texts(parrot, window(1))[0].split()) == 60


def test_what_is_likely_silence_and_badly_heard_is_left_out() -> None:
    made_up = {"average": -1.5, "no_speech": 0.9}
    assert texts(Parrot({1: [said(CALM, **made_up)]}), window(1)) == [""]
    assert texts(Parrot({1: [said(CALM, average=-1.5)]}), window(1)) != [""]
    assert texts(Parrot({1: [said(CALM, no_speech=0.9)]}), window(1)) != [""]


def test_a_window_is_listened_to_again_from_where_the_model_stopped() -> None:
    stop = said([TIMES, 1, TIMES + 200, TIMES + 250])
    parrot = Parrot({1: [stop, said([TIMES + 25, 2, TIMES + 100])]})
    steps = list(recognise(model(parrot), [window(1)], 5))
    (told,) = (step for step in steps if isinstance(step, ChunkDone))
    assert [(each.start, each.end, each.text) for each in told.result.segments] == [
        (0.0, 4.0, "en1"),
        (5.5, 7.0, "en2"),
    ]
    seconds = [step.seconds for step in steps if isinstance(step, Advance)]
    assert seconds == sorted(seconds)
    assert seconds[-1] == 10.0


def test_between_two_native_calls_there_is_a_sign_of_life() -> None:
    parrot = Parrot({1: [said(LOOP), said(CALM)]})
    steps = recognise(model(parrot), [window(1, words=True)], 5)
    counts = [len(parrot.calls) for _ in steps]
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(counts))
    assert [call[0] for call in parrot.calls] == [
        *("encode", "generate", "encode", "generate", "align"),
    ]


def test_only_equally_long_prompts_share_a_batch() -> None:
    prompted = ENGLISH._replace(prompt="some words")
    asked = [
        window(1),
        window(2, instructions=prompted),
        window(3, instructions=SPANISH),
        window(4, instructions=prompted),
    ]
    assert alike(model(Parrot({})), asked) == [[0, 2], [1, 3]]


def test_words_are_aligned_in_the_language_they_were_said_in() -> None:
    parrot = Parrot({1: [said([7])], 2: [said([8])], -3: [said([9])]})
    heard = texts(
        parrot,
        window(1, words=True),
        window(2, words=True, instructions=SPANISH),
        window(-3, words=True, detect=True),
    )
    assert heard == ["en7", "es8", "es9"]


def test_a_batch_of_unknown_languages_is_detected_at_once() -> None:
    parrot = Parrot({1: [said([7])], -2: [said([8])]})
    assert texts(parrot, window(1, detect=True), window(-2, detect=True)) == ["en7", "es8"]
    assert len(parrot.calls) == 2


class Keen(Parrot):
    """Hears as well what is hardly longer than its sound."""

    takes_less = True

    def frames(self, sound: int) -> int:
        return 1000


SURE = said(range(1, 8))


def test_a_model_that_takes_less_hears_a_chunk_once_without_times() -> None:
    keen = Keen({1: [SURE]})
    (heard,) = texts(keen, window(1, 8))
    assert heard.split() == [f"en{n}" for n in range(1, 8)]
    assert keen.given == [1000]
    assert ("without times",) in keen.calls


WHOLE = said([TIMES, 1, 2, 3, TIMES + 150, TIMES + 150, 4, 5, 6, 7, 8, 9, TIMES + 480])


def test_what_is_doubtful_is_written_again_with_times_from_the_same_input() -> None:
    keen = Keen({1: [said(LOOP), WHOLE]})
    assert texts(keen, window(1)) == ["en1 en2 en3 en4 en5 en6 en7 en8 en9"]
    assert set(keen.given) == {1000}


def test_what_is_still_doubtful_is_heard_again_in_the_full_window() -> None:
    keen = Keen({1: [said(LOOP), said(LOOP), WHOLE]})
    assert texts(keen, window(1)) == ["en1 en2 en3 en4 en5 en6 en7 en8 en9"]
    assert keen.given == [1000, 1000, 3000]


def test_a_later_hearing_that_is_worse_leaves_the_best() -> None:
    worse = said(LOOP * 3, average=-2.0)
    first = said(range(1, 8), average=-1.2)
    second = said([TIMES, *range(1, 8), TIMES + 400], average=-1.2)
    best = [" ".join(f"en{n}" for n in range(1, 8))]
    assert texts(Keen({1: [first, worse, worse, worse]}), window(1, 8)) == best
    assert texts(Keen({1: [worse, second, worse, worse]}), window(1, 8)) == best


def test_a_doubtful_neighbour_changes_nothing_for_the_others() -> None:
    keen = Keen({1: [SURE], 2: [said(LOOP), WHOLE]})
    alone = texts(Keen({1: [SURE]}), window(1, 8))
    assert texts(keen, window(1, 8), window(2)) == [*alone, "en1 en2 en3 en4 en5 en6 en7 en8 en9"]


def test_a_text_that_ends_before_the_speaker_does_is_heard_again() -> None:
    keen = Keen({1: [said(CALM), WHOLE]})
    assert texts(keen, window(1)) == ["en1 en2 en3 en4 en5 en6 en7 en8 en9"]


def test_one_that_ends_too_early_each_time_is_left_after_the_full_window() -> None:
    keen = Keen({1: [said(CALM), said([TIMES, *CALM, TIMES + 480]), said([TIMES, *CALM])]})
    assert texts(keen, window(1)) == ["en1 en2 en3"]
    assert keen.given == [1000, 1000, 3000]


def test_one_that_is_wanted_soon_waits_for_no_other() -> None:
    first = window(2)._replace(soon=True)
    assert alike(model(Keen({})), [window(1), first, window(3)]) == [[0, 2], [1]]


class OneByOne(Keen):
    """Encodes as a CPU does."""

    encodes_together = False

    def features(self, samples: Features) -> Features:
        """Of sound with as many samples as it really has."""
        return np.repeat(samples[np.newaxis, :1], len(samples) // 160, axis=1)


def long_window(number: float, seconds: int) -> Utterance:
    return window(number, seconds * SAMPLE_RATE)


def speech(seconds: int) -> Generated:
    """A text that nobody doubts, of a word for each second."""
    return said([100 + 397 * n % 900 for n in range(seconds - 1)])


def test_on_a_cpu_each_window_is_reported_when_it_is_encoded() -> None:
    parrot = OneByOne({number: [speech(8)] for number in (1, 2, 3)})
    encoded = [
        [call[0] for call in parrot.calls].count("encode")
        for step in recognise(model(parrot), [long_window(n, 8) for n in (1, 2, 3)], 5)
        if isinstance(step, Advance) and step.seconds
    ]
    assert encoded[:3] == [1, 2, 3]


def test_no_step_of_a_batch_is_a_twentieth_of_ten_minutes() -> None:
    for lengths in ([17] * 4, [28] * 4, [15, 28, 28, 15]):
        parrot = OneByOne({n: [speech(length)] for n, length in enumerate(lengths)})
        asked = [long_window(n, length) for n, length in enumerate(lengths)]
        done = dict.fromkeys(range(len(asked)), 0.0)
        totals = [0.0]
        calls = 0
        for step in recognise(model(parrot), asked, 5):
            if isinstance(step, Advance):
                done[step.number] = step.seconds
            if len(parrot.calls) > calls:
                calls = len(parrot.calls)
                totals.append(totals[-1])
            totals[-1] = sum(done.values())
        steps = [after - before for before, after in itertools.pairwise(totals)]
        assert max(steps) <= 0.05 * 600


def test_a_batch_is_bounded_by_its_seconds_on_a_cpu_alone() -> None:
    asked = [long_window(n, 28) for n in range(4)]
    assert alike(model(OneByOne({})), asked) == [[0, 1], [2, 3]]
    assert alike(model(Keen({})), asked) == [[0, 1, 2, 3]]


def test_a_chunk_is_listened_to_on_from_where_the_second_pass_stopped() -> None:
    stop = said([TIMES, 1, 2, 3, 4, 5, TIMES + 250, TIMES + 250])
    rest = said([TIMES, *range(106, 113), TIMES + 240])
    parrot = OneByOne({1: [said(LOOP), stop, rest]})
    heard = " ".join(f"en{n}" for n in (1, 2, 3, 4, 5, *range(106, 113)))
    assert texts(parrot, long_window(1, 10)) == [heard]
    assert parrot.given == [1000, 1000]


def test_on_a_cpu_what_is_doubtful_is_not_encoded_again_for_its_times() -> None:
    ends = said([TIMES, *(100 + 397 * n % 900 for n in range(7)), TIMES + 400])
    parrot = OneByOne({1: [speech(8)], 2: [said(LOOP), ends]})
    asked = [long_window(n, 8) for n in (1, 2)]
    alone = texts(OneByOne({1: [speech(8)]}), asked[0])
    alone += texts(OneByOne({2: [said(LOOP), ends]}), asked[1])
    assert texts(parrot, *asked) == alone
    encoded = [call for call in parrot.calls if call[0] == "encode"]
    assert encoded == [("encode", 1.0), ("encode", 2.0)]


def test_a_window_that_was_encoded_for_its_language_is_not_encoded_again() -> None:
    asked = [long_window(n, 8) for n in (1, 2)]
    known = [asked[0], asked[1]._replace(encoded=[2.0])]
    parrot, other = (OneByOne({1: [speech(8)], 2: [speech(8)]}) for _ in range(2))
    assert texts(parrot, *known) == texts(other, *asked)
    assert [call for call in parrot.calls if call[0] == "encode"] == [("encode", 1.0)]
