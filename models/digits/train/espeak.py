"""espeak-ng in this process: text in, samples and the place of each word out.

The library keeps one voice for the whole process, so one thread speaks at a time.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000

Sound = npt.NDArray[np.float32]


class Voice(NamedTuple):
    """`name` is espeak-ng's: a language, and after a plus sign a variant of the speaker."""

    name: str
    words_a_minute: int = 150
    pitch: int = 50
    melody: int = 50
    gap: int = 0
    """Pause between words, in hundredths of a second."""


class Spoken(NamedTuple):
    sound: Sound
    starts: tuple[float, ...]
    """Seconds at which espeak-ng begins a word, which may be one more or less than was written."""


class NoSuchVoice(ValueError):
    """espeak-ng does not know a voice of this name."""


def installed() -> bool:
    try:
        ctypes.CDLL(_LIBRARY)
    except OSError:
        return False
    return True


def speak(text: str, voice: Voice) -> Spoken:
    return _engine().speak(text, voice)


_LIBRARY = "libespeak-ng.so.1"
_SYNCHRONOUS = 2
_FROM_CHARACTERS = 1
_UTF8 = 1
_RATE, _VOLUME, _PITCH, _MELODY, _GAP = 1, 2, 3, 4, 7
_END_OF_LIST, _WORD = 0, 1


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("identifier", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class _Engine:
    def __init__(self) -> None:
        self._library = ctypes.CDLL(_LIBRARY)
        self._rate: int = self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, 0)
        if self._rate <= 0:
            raise OSError("espeak-ng is here, its data is not")
        self._lock = Lock()
        self._sound: list[npt.NDArray[np.int16]] = []
        self._starts: list[float] = []
        # The library keeps the address of this: it must live as long as the library is used.
        self._callback: Callable[..., int] = _Callback(self._heard)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: Voice) -> Spoken:
        with self._lock:
            self._take(voice)
            self._sound.clear()
            self._starts.clear()
            data = text.encode()
            size = ctypes.c_size_t(len(data) + 1)
            self._library.espeak_Synth(data, size, 0, _FROM_CHARACTERS, 0, _UTF8, None, None)
            self._library.espeak_Synchronize()
            sound = np.concatenate([np.zeros(0, np.int16), *self._sound])
            return Spoken(resampled(sound, self._rate), tuple(self._starts))

    def _take(self, voice: Voice) -> None:
        if self._library.espeak_SetVoiceByName(voice.name.encode()) != 0:
            raise NoSuchVoice(voice.name)
        _, speed, pitch, melody, gap = voice
        settings = {_RATE: speed, _PITCH: pitch, _MELODY: melody, _GAP: gap, _VOLUME: 100}
        for parameter, value in settings.items():
            self._library.espeak_SetParameter(parameter, value, 0)

    def _heard(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._sound.append(np.ctypeslib.as_array(samples, (count,)).copy())
        place = 0
        while events and events[place].type != _END_OF_LIST:
            # Now and then one more word is told of at the end, at no place in the text.
            if events[place].type == _WORD and events[place].text_position > 0:
                self._starts.append(events[place].audio_position / 1000)
            place += 1
        return 0


@cache
def _engine() -> _Engine:
    return _Engine()


def resampled(samples: npt.NDArray[np.int16], rate: int) -> Sound:
    """To 16 kHz by leaving out what lies above its half.

    Exact for a sound that begins and ends in silence, as all of them do here: silence is put
    after it up to a whole number of samples at both rates.
    """
    common = int(np.gcd(rate, SAMPLE_RATE))
    steps = -(-len(samples) * common // rate) + 1
    before, after = steps * rate // common, steps * SAMPLE_RATE // common
    spectrum = np.fft.rfft(samples / 32768.0, before)[: after // 2 + 1]
    sound = np.fft.irfft(spectrum, after) * (after / before)
    return np.asarray(sound[: round(len(samples) * SAMPLE_RATE / rate)], np.float32)
