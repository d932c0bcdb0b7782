"""The network hears in blocks what it would hear at once, and tells speech from other sound."""

from __future__ import annotations

import importlib
import math
import subprocess
import sys
from array import array
from pathlib import Path
from typing import Any

import pytest

from retender.audio.pcm import Pcm
from retender.audio.speech import BLOCK, DetectorName, detect_speech, new_detector
from retender.errors import ModelUnavailable
from retender.transcript.chunks import Span, plan
from tests.support.sound.media import RATE, needs_espeak, noise, say, silence

pytest.importorskip("faster_whisper")
pytest.importorskip("onnxruntime")

BLOCKS = (1, 511, 512, 7777, 40_000)


@pytest.fixture(scope="module")
def sentence(tmp_path_factory: pytest.TempPathFactory) -> array[int]:
    folder = tmp_path_factory.mktemp("espeak")
    return say("She sells sea shells by the sea shore, seven days a week.", folder / "a.wav")


def spans(*blocks: array[int]) -> list[Span]:
    ear = new_detector(DetectorName.SILERO)
    for block in blocks:
        ear.feed(block)
    return ear.finish()


def music(seconds: float) -> array[int]:
    """Chords of plain tones, changing twice a second."""
    chords = [(262, 330, 392), (294, 349, 440), (247, 294, 392)]

    def sound(n: int) -> int:
        chord = chords[n // (RATE // 2) % len(chords)]
        return round(2000 * sum(math.sin(2 * math.pi * tone * n / RATE) for tone in chord))

    return array("h", map(sound, range(round(seconds * RATE))))


@needs_espeak
def test_it_says_of_each_frame_what_it_would_say_hearing_all_at_once(
    sentence: array[int],
) -> None:
    import numpy as np  # noqa: PLC0415 - where faster-whisper is, it is

    from retender.audio.silero import STEP, SileroDetector  # noqa: PLC0415 - likewise

    model: Any = importlib.import_module("faster_whisper.vad").get_vad_model()
    sound = sentence + silence(1) + sentence
    del sound[len(sound) // STEP * STEP :]
    whole = model(np.array(sound, np.float32) / 32768).ravel()

    ear = SileroDetector()
    heard: list[float] = []
    for at in range(0, len(sound), 20 * STEP):
        heard += ear._probabilities(sound[at : at + 20 * STEP])

    assert np.abs(whole - heard).max() < 1e-5


@needs_espeak
def test_threads_change_nothing_in_what_it_says(sentence: array[int]) -> None:
    from retender.audio.silero import STEP, SileroDetector  # noqa: PLC0415 - likewise

    sound = sentence[: 64 * STEP]
    alone, shared = SileroDetector(), SileroDetector(threads=2)
    assert shared._probabilities(sound) == alone._probabilities(sound)


@needs_espeak
def test_the_blocks_that_a_recording_comes_in_do_not_matter(sentence: array[int]) -> None:
    sound = silence(1) + sentence + silence(2)
    cut = []
    for at in range(0, len(sound), sum(BLOCKS)):
        begin = at
        for size in BLOCKS:
            cut.append(sound[begin : begin + size])
            begin += size

    assert spans(*cut) == spans(sound) != []


@needs_espeak
def test_speech_is_found_even_in_noise_as_loud(sentence: array[int]) -> None:
    for loud in (0, 3000):
        sound = silence(3) + sentence + silence(3)
        street = noise(len(sound) / RATE, loud=loud)
        mixed = (max(-32768, min(32767, a + b)) for a, b in zip(sound, street, strict=True))

        found = spans(array("h", mixed))

        assert 2.8 * RATE < found[0].start < 3.3 * RATE
        assert len(sound) - 3.8 * RATE < found[-1].end < len(sound) - 2.7 * RATE


def test_silence_noise_and_music_are_not_speech() -> None:
    assert spans(silence(20)) == []
    assert spans(noise(20, loud=3000)) == []
    assert spans(music(20)) == []
    assert spans() == []


@needs_espeak
@pytest.mark.parametrize("seconds", [30.0, 30.1, 30.5, 31.0])
def test_what_follows_the_last_word_of_just_over_a_window_is_in_no_chunk(
    sentence: array[int], seconds: float
) -> None:
    total = round(seconds * RATE)
    sound = array("h")
    while len(sound) + len(sentence) < total - RATE:
        sound += sentence
    end = len(sound)
    street = noise(seconds - end / RATE, loud=60)
    sound += street[: total - end]

    chunks = plan(spans(sound), len(sound), 30 * RATE).chunks

    assert 0 < chunks[-1].end <= end + RATE // 2
    assert all(chunk.seconds > 2 for chunk in chunks)


@needs_espeak
async def test_a_recording_is_heard_block_by_block_to_its_end(
    sentence: array[int], tmp_path: Path
) -> None:
    path = tmp_path / "audio.pcm"
    sound = silence(BLOCK / RATE - 1) + sentence
    path.write_bytes(sound.tobytes())
    pcm = Pcm.at(path)
    ear = new_detector(DetectorName.SILERO)

    heard = [seconds async for seconds in detect_speech(pcm, ear)]

    assert heard == [60.0, pcm.seconds]
    assert ear.finish() == spans(sound)


def test_where_the_network_is_missing_it_is_said_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("retender.audio.silero.NETWORK", "gone.onnx", raising=False)
    new_detector(DetectorName.ENERGY)

    with pytest.raises(ModelUnavailable, match="install faster-whisper"):
        new_detector(DetectorName.SILERO)


def test_the_energy_detector_needs_neither_numpy_nor_onnxruntime() -> None:
    loads = "import sys; from retender.audio.speech import *; new_detector(DetectorName.ENERGY); "
    loads += "import retender.engines.preparation; "
    loads += "sys.exit(bool({'numpy', 'onnxruntime', 'faster_whisper', 'av'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", loads], check=False).returncode == 0
