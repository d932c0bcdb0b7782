"""Filters for a recording before it is recognised. None is applied unless the client asks.

A model is trained on unfiltered sound, so each filter costs words where there is nothing to
clean. Word errors of the digits model, 140 words each (`python -m bench.cleaning`):

                                  as it is   high-pass   noise reduction   loudness
    clean                            0.7 %       0.7 %             0.7 %      0.7 %
    hum, 10 dB over the voice        1.4 %       0.7 %             2.1 %      1.4 %
    noise, 5 dB under the voice      5.7 %      12.1 %             3.6 %      5.7 %
    half of it 46 dB softer         14.3 %      19.3 %            25.7 %     11.4 %
"""

from __future__ import annotations

import enum
from typing import Final

import msgspec

LATE_START: Final = "aresample=first_pts=0:min_hard_comp=1000000000"
"""Sound that begins later than the video keeps its time. Only the first timestamp of a file is
used: where the timestamps jump back later, as in concatenated recordings, following them would drop
sound."""


BELOW_VOICES: Final = 80
"""Hz. Sound below this is rumble and hum, not speech."""


class Channel(enum.StrEnum):
    MIX = "mix"
    LEFT = "left"
    RIGHT = "right"


class Cleaning(msgspec.Struct, frozen=True, kw_only=True):
    channel: Channel = Channel.MIX
    """One side of a stereo recording: a telephone call, or sides that cancel each other out."""
    high_pass: int = 0
    """Removes sound below this frequency in Hz, such as rumble and hum; 0: nothing."""
    noise_reduction: bool = False
    """Removes steady noise."""
    loudness: bool = False
    """Raises quiet passages, for example if one of two speakers is far away."""

    @property
    def is_default(self) -> bool:
        """No filter was asked for."""
        return self == Cleaning()

    def filters(self) -> tuple[str, ...]:
        """ffmpeg filters, in order: rumble is removed before noise is measured, and loudness comes
        last."""
        chosen = [LATE_START]
        if self.channel is not Channel.MIX:
            side = "c0" if self.channel is Channel.LEFT else "c1"
            # Converted to stereo first, so that a mono recording has both sides.
            chosen += ["aformat=channel_layouts=stereo", f"pan=mono|c0={side}"]
        if self.high_pass:
            chosen.append(f"highpass=f={self.high_pass}")
        if self.noise_reduction:
            chosen.append("afftdn=nr=12:nf=-40:tn=1")
        if self.loudness:
            chosen.append("dynaudnorm=f=250:g=7:p=0.9:m=100")
        return tuple(chosen)
