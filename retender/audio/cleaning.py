"""What may be done to a recording before it is recognised. Nothing of it is done unasked.

A recogniser learned from sound as it comes, and each of these costs words where there is nothing
to clean. Word errors of the digits model, 140 words each (`python -m bench.cleaning`):

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
"""Sound that begins after the picture keeps its time. Only there is a file's clock believed: where
it jumps back later, as in recordings strung together, to follow it would be to drop sound."""


BELOW_VOICES: Final = 80
"""Hz: what is lower is rumble and hum, not speech."""


class Channel(enum.StrEnum):
    MIX = "mix"
    LEFT = "left"
    RIGHT = "right"


class Cleaning(msgspec.Struct, frozen=True, kw_only=True):
    channel: Channel = Channel.MIX
    """One side of a stereo recording: of a telephone call, or where the sides cancel out."""
    high_pass: int = 0
    """Hz below which nothing is kept; 0 keeps all. Takes away rumble and hum."""
    noise_reduction: bool = False
    """Takes away steady noise."""
    loudness: bool = False
    """Raises quiet passages, as where one of two speakers is far away."""

    @property
    def is_default(self) -> bool:
        """The sound is recognised as it came."""
        return self == Cleaning()

    def filters(self) -> tuple[str, ...]:
        """In this order: noise is measured without the rumble, and not made louder first."""
        chosen = [LATE_START]
        if self.channel is not Channel.MIX:
            side = "c0" if self.channel is Channel.LEFT else "c1"
            # Made stereo first, so that a mono recording has both sides.
            chosen += ["aformat=channel_layouts=stereo", f"pan=mono|c0={side}"]
        if self.high_pass:
            chosen.append(f"highpass=f={self.high_pass}")
        if self.noise_reduction:
            chosen.append("afftdn=nr=12:nf=-40:tn=1")
        if self.loudness:
            chosen.append("dynaudnorm=f=250:g=7:p=0.9:m=100")
        return tuple(chosen)
