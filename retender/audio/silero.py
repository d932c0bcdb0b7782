"""Silero's voice activity network, from the faster-whisper package, over a recording in blocks.

Its state passes from block to block. So the result is the same as for the whole recording at once,
with the memory of one block.
"""

from __future__ import annotations

import importlib.util
import itertools
from array import array
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # it carries no types

from retender.audio.speech_gate import Frame, SpeechGate
from retender.errors import ModelUnavailable
from retender.transcript.chunks import Span

STEP: Final = 512
"""Samples in a frame, as the network was trained: 32 ms."""

NETWORK: Final = "silero_vad_v6.onnx"

_CONTEXT = 64
"""Samples of the previous frame that are given to the network again."""

_AT_ONCE = 64
"""Frames in one call of the network. More would not be faster, and would take more memory."""

_STATE = (1, 1, 128)
_FULL_SCALE = 32768.0
_ONLY_ERRORS = 3

_SPEECH, _SILENCE = 0.5, 0.35
"""The probabilities that Silero's authors recommend."""

_PAUSE = 4
"""Frames. Short, because each pause is a place to cut. Chunks keep the sound of short pauses."""


class SileroDetector:
    def __init__(self, threads: int = 1) -> None:
        """`threads`: how many share the work. The result is the same to the bit: each number is
        computed by one of them, in the same order."""
        self._network = _session(_network(), threads)
        self._h = np.zeros(_STATE, np.float32)
        self._c = np.zeros(_STATE, np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)
        self._rest: array[int] = array("h")
        self._gate = SpeechGate(STEP, pause=_PAUSE, shortest=1)
        self._samples = 0

    def feed(self, samples: array[int]) -> None:
        self._samples += len(samples)
        self._rest += samples
        whole = len(self._rest) // STEP * STEP
        if whole:
            self._process(self._rest[:whole])
            del self._rest[:whole]

    def finish(self) -> list[Span]:
        if self._rest:
            self._process(self._rest + array("h", bytes(2 * (STEP - len(self._rest)))))
        return self._gate.finish(self._samples)

    def _process(self, samples: array[int]) -> None:
        starts = range(0, len(samples), _AT_ONCE * STEP)
        for probability in itertools.chain.from_iterable(
            self._probabilities(samples[at : at + _AT_ONCE * STEP]) for at in starts
        ):
            if probability >= _SPEECH:
                self._gate.take(Frame.SPEECH)
            else:
                undecided = probability >= _SILENCE
                self._gate.take(Frame.UNDECIDED if undecided else Frame.SILENCE)

    def _probabilities(self, samples: array[int]) -> list[float]:
        sound = np.frombuffer(samples, np.int16).astype(np.float32) / _FULL_SCALE
        frames = sound.reshape(-1, STEP)
        before = np.vstack([self._context, frames[:-1, -_CONTEXT:]])
        inputs = {"input": np.hstack([before, frames]), "h": self._h, "c": self._c}
        output, self._h, self._c = self._network.run(None, inputs)
        self._context = frames[-1, -_CONTEXT:]
        probabilities: list[float] = output.ravel().tolist()
        return probabilities


def _network() -> Path:
    """The network's file. Importing faster-whisper to find it would take 57 MB and a second."""
    package = importlib.util.find_spec("faster_whisper")
    if package is not None and package.origin is not None:
        network = Path(package.origin).parent / "assets" / NETWORK
        if network.exists():
            return network
    raise ModelUnavailable(f"{NETWORK} is not here: install faster-whisper 1.2, or use `energy`")


def _session(network: Path, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = threads
    # Threads without work leave the processor to others.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False
    options.log_severity_level = _ONLY_ERRORS
    return onnxruntime.InferenceSession(str(network), options, ["CPUExecutionProvider"])
