"""A Whisper model in memory: features, encoding, generating, aligning.

faster-whisper brings features and tokens, CTranslate2 computes. Every call blocks until it is
done, and several threads may call at once: each call takes one of the model's lanes.
"""

from __future__ import annotations

import ctypes
import gc
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Final, NamedTuple

import numpy as np
from ctranslate2 import StorageView  # type: ignore[import-untyped] # it carries no types
from faster_whisper import WhisperModel  # type: ignore[import-untyped] # as above
from faster_whisper.tokenizer import Tokenizer  # type: ignore[import-untyped] # as above
from faster_whisper.transcribe import (  # type: ignore[import-untyped] # as above
    get_suppressed_tokens,
)
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # as above

from retender.engines.faster_whisper.settings import WhisperSettings
from retender.engines.faster_whisper.tokens import Aligned
from retender.errors import EngineFailed, ModelUnavailable
from retender.transcript.packing import input_seconds

Samples = NDArray[np.float32]
Features = NDArray[np.float32]

ENCODED_FRAMES: Final = 3000
"""What faster-whisper gives the encoder, whatever the model's window is."""

FRAMES_PER_SECOND: Final = 100

_FIRST_TIMESTAMP_AT_MOST: Final = 50
"""In steps of 0.02 s: the first second, where a transcript may begin."""

_NUMERAL: Final = re.compile(r"[0-9%$£€]")

_BEST_OF: Final = 5
_EVERYTHING: Final = -1


class Instructions(NamedTuple):
    """What the model is told to do with a chunk."""

    language: str
    task: str
    prompt: str = ""
    hotwords: str = ""


class Sampling(NamedTuple):
    """How text is drawn from the model's probabilities. At temperature 0 nothing is random."""

    beam: int = 5
    temperature: float = 0.0
    never_twice: int = 0
    """No run of so many tokens may come again."""
    numerals: bool = True
    """It may write numbers as digits."""


class Generated(NamedTuple):
    tokens: tuple[int, ...]
    average: float
    """The mean of the logarithms of the tokens' probabilities."""
    no_speech: float
    full: bool
    """There was no room for another token: more may have been said."""


class Model:
    """Raises `EngineFailed` where computing fails, for want of memory say."""

    def __init__(self, folder: Path, settings: WhisperSettings) -> None:
        self._on_cpu = settings.device == "cpu"
        self._lock = Lock()
        # Each lane is a thread already. Where several call numpy's OpenBLAS at once and it divides
        # their work among threads of its own, it may wait for these for ever.
        threadpool_limits(limits=1, user_api="blas")
        self._tokenizers: dict[tuple[str, str], Any] = {}
        try:
            self._whisper = WhisperModel(
                str(folder),
                device=settings.device,
                compute_type=settings.precision,
                cpu_threads=settings.threads,
                num_workers=settings.lanes,
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelUnavailable(f"the model in {folder} cannot be loaded: {error}") from error
        give_memory_back()

    @property
    def multilingual(self) -> bool:
        return bool(self._whisper.model.is_multilingual)

    @cached_property
    def window(self) -> int:
        """Frames that the model was trained to hear at once."""
        return min(ENCODED_FRAMES, int(self._whisper.feature_extractor.nb_max_frames))

    @cached_property
    def takes_less(self) -> bool:
        """It hears as well where it is given no more than the sound and some silence.

        Whisper does, all of whose positions differ. A model whose own window is shorter than what
        faster-whisper encodes was trained on the padding behind it, and is given that.
        """
        return self.window == ENCODED_FRAMES

    @property
    def encodes_together(self) -> bool:
        """Several windows in one call take less time than one after the other. A CPU encodes them
        no faster, but with more memory."""
        return not self._on_cpu

    def frames(self, sound: int) -> int:
        """How many frames so many frames of sound are given to the encoder as."""
        if not self.takes_less:
            return ENCODED_FRAMES
        wanted = input_seconds(sound / FRAMES_PER_SECOND)
        return min(ENCODED_FRAMES, round(wanted * FRAMES_PER_SECOND))

    @cached_property
    def first_timestamp(self) -> int:
        """Tokens from this one on are times, in steps of 0.02 s."""
        return int(self._tokenizer("en", "transcribe").timestamp_begin)

    @cached_property
    def first_special(self) -> int:
        """Tokens below this one are text."""
        return int(self._tokenizer("en", "transcribe").eot)

    def knows(self, language: str) -> bool:
        token = self._whisper.hf_tokenizer.token_to_id(f"<|{language}|>")
        return token is not None if self.multilingual else language == "en"

    def features(self, samples: Samples) -> Features:
        """One column for each hundredth of a second."""
        features: Features = self._whisper.feature_extractor(samples)[..., :-1]
        return features

    def encode(self, windows: Sequence[Features], frames: int = ENCODED_FRAMES) -> StorageView:
        """So many frames of each: what is given beside the sound changes what is heard."""
        padded = [_padded(window, frames) for window in windows]
        with _encoding():
            if self.encodes_together:
                return self._whisper.encode(np.stack(padded))
            encoded = [self._whisper.encode(window) for window in padded]
        return self.joined(encoded)

    def joined(self, encoded: Sequence[StorageView]) -> StorageView:
        """Windows that were encoded one by one, as if they had been encoded together."""
        if len(encoded) == 1:
            return encoded[0]
        with _encoding():
            return StorageView.from_array(np.concatenate([np.asarray(each) for each in encoded]))

    def picked(self, encoded: StorageView, windows: Sequence[int]) -> StorageView:
        """Some of those that were encoded one by one."""
        with _encoding():
            return StorageView.from_array(np.asarray(encoded)[list(windows)])

    def detect(self, encoded: StorageView) -> list[dict[str, float]]:
        """The probability of each language in each window."""
        found = self._whisper.model.detect_language(encoded)
        return [{token[2:-2]: float(share) for token, share in each} for each in found]

    def prompt(self, instructions: Instructions, *, times: bool = True) -> tuple[int, ...]:
        """Hot words and the end of the prompt, within the room for previous text. `times`: it is to
        write when each sentence was said."""
        tokenizer = self._tokenizer(instructions.language, instructions.task)
        room = int(self._whisper.max_length) // 2 - 1
        hot = (
            tokenizer.encode(f" {instructions.hotwords.strip()}")
            if instructions.hotwords.strip()
            else []
        )
        before = (
            tokenizer.encode(f" {instructions.prompt.strip()}")
            if instructions.prompt.strip()
            else []
        )
        hot = hot[: room // 2] if before else hot[:room]
        previous = (*hot, *before[-(room - len(hot)) :])
        start = tuple(tokenizer.sot_sequence)
        if not times:
            start = (*start, tokenizer.no_timestamps)
        return (tokenizer.sot_prev, *previous, *start) if previous else start

    def generate(
        self, encoded: StorageView, prompts: Sequence[tuple[int, ...]], sampling: Sampling
    ) -> list[Generated]:
        """One answer for each window. All prompts must be equally long."""
        how: dict[str, Any] = {"beam_size": sampling.beam}
        if sampling.temperature > 0:
            how = {
                "beam_size": 1,
                "num_hypotheses": _BEST_OF,
                "sampling_topk": 0,
                "sampling_temperature": sampling.temperature,
            }
        try:
            results = self._whisper.model.generate(
                encoded,
                [list(prompt) for prompt in prompts],
                max_length=self._whisper.max_length,
                no_repeat_ngram_size=sampling.never_twice,
                return_scores=True,
                return_no_speech_prob=True,
                suppress_tokens=list(self._suppressed if sampling.numerals else self._wordy),
                max_initial_timestamp_index=_FIRST_TIMESTAMP_AT_MOST,
                **how,
            )
        except (RuntimeError, MemoryError) as error:
            raise EngineFailed(f"recognition failed: {error}") from error
        return [
            self._generated(result, len(prompt))
            for result, prompt in zip(results, prompts, strict=True)
        ]

    def text(self, tokens: Sequence[int]) -> str:
        decoded: str = self._tokenizer("en", "transcribe").decode(list(tokens))
        return decoded

    def words(self, instructions: Instructions, tokens: Sequence[int]) -> list[Aligned]:
        """The text's words, without their times."""
        tokenizer = self._tokenizer(instructions.language, instructions.task)
        texts, parts = tokenizer.split_to_word_tokens(list(tokens))
        return [Aligned(text, len(part)) for text, part in zip(texts, parts, strict=True)]

    def align(
        self,
        encoded: StorageView,
        instructions: Instructions,
        texts: Sequence[Sequence[int]],
        frames: Sequence[int],
    ) -> list[list[Aligned]]:
        """The words of each window's text with the times at which the model heard them."""
        tokenizer = self._tokenizer(instructions.language, instructions.task)
        texts = [list(text) for text in texts]
        try:
            found = self._whisper.find_alignment(tokenizer, texts, encoded, list(frames))
        except (RuntimeError, MemoryError) as error:
            raise EngineFailed(f"aligning words failed: {error}") from error
        return [
            [
                Aligned(
                    word["word"],
                    len(word["tokens"]),
                    float(word["start"]),
                    float(word["end"]),
                    min(1.0, float(word["probability"])),
                )
                for word in words
            ]
            for words in found
        ]

    def unload(self) -> None:
        """Nearly all of the memory comes back at once; the rest when the process ends."""
        self._whisper.model.unload_model()
        del self._whisper
        give_memory_back()

    @cached_property
    def _suppressed(self) -> tuple[int, ...]:
        tokenizer = self._tokenizer("en", "transcribe")
        return tuple(map(int, get_suppressed_tokens(tokenizer, [_EVERYTHING])))

    @cached_property
    def _wordy(self) -> tuple[int, ...]:
        """With all tokens that have a digit, or a sign of money or per cent, in them."""
        texts = map(self.text, ([token] for token in range(self.first_special)))
        signs = (token for token, text in enumerate(texts) if _NUMERAL.search(text))
        return (*self._suppressed, *signs)

    def _tokenizer(self, language: str, task: str) -> Any:
        with self._lock:
            made = self._tokenizers.get((language, task))
            if made is None:
                made = Tokenizer(
                    self._whisper.hf_tokenizer, self.multilingual, task=task, language=language
                )
                self._tokenizers[language, task] = made
            return made

    def _generated(self, result: Any, prompt: int) -> Generated:
        tokens = tuple(result.sequences_ids[0])
        length = len(tokens)
        average = float(result.scores[0]) * length / (length + 1)
        full = prompt + length >= int(self._whisper.max_length)
        return Generated(tokens, average, float(result.no_speech_prob), full)


def give_memory_back() -> None:
    """The C library keeps what is freed, unless told; glibc alone can be told."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@contextmanager
def _encoding() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        raise EngineFailed(f"encoding failed: {error}") from error


def _padded(window: Features, frames: int) -> Features:
    missing = frames - window.shape[-1]
    return np.pad(window, ((0, 0), (0, missing))) if missing > 0 else window[:, :frames]
