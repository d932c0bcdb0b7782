"""What bounds the handling of media, and what happens at each bound."""

from __future__ import annotations

from typing import Final

PROGRAM_MEMORY: Final = 256 << 20
"""Bytes that ffmpeg can write to; beyond that it is refused more, and the file with it."""

PROGRAM_ADDRESSES: Final = 1 << 30
"""Bytes that its libraries and stacks may take up on paper beside that; likewise."""

PROGRAM_ALLOCATION: Final = 256 << 20
"""Bytes that it may ask for at once; it then takes the file for damaged."""

PROGRAM_CPU_SECONDS: Final = 60
"""CPU time for what does not depend on a recording's length; then it is stopped."""

PROGRAM_SECONDS: Final = 600.0
"""The same on the clock, however busy the machine is; then it is killed."""

PROGRAM_FILES: Final = 64
"""Files it can have open; it is refused more."""

STDERR_FIRST_BYTES: Final = 256 * 1024
STDERR_LAST_BYTES: Final = 4 * 1024
"""Kept of what a program says; what lies between its beginning and its end is dropped."""

DECODING_CPU_SHARE: Final = 1 / 20
"""Seconds of CPU time that a second of sound may take to decode; usual is a five-hundredth. At
the limit decoding is stopped, and the file refused."""

DECODING_START_SECONDS: Final = 60
"""CPU time beside that, for opening a file with a long index."""

DECODING_WAIT: Final = 10
"""Decoding may take so many times its CPU time on the clock: a tenth of a CPU is the least that
it is given. Then it is killed."""

SPEECH_BLOCK_SECONDS: Final = 60
"""Of a recording so much is in memory at once while speech is looked for; the rest comes after."""
