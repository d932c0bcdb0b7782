"""The bounds of decoding recordings, and what happens at each bound."""

from __future__ import annotations

from typing import Final

PROGRAM_MEMORY: Final = 256 << 20
"""Bytes of memory that ffmpeg can write to. More is refused, and then the file is rejected."""

PROGRAM_ADDRESSES: Final = 1 << 30
"""Bytes of address space for its libraries and stacks beside that; likewise."""

PROGRAM_ALLOCATION: Final = 256 << 20
"""Bytes that ffmpeg may allocate at once; beyond that it takes the file for damaged."""

PROGRAM_CPU_SECONDS: Final = 60
"""CPU seconds for commands that do not depend on the recording's length; then ffmpeg is stopped."""

PROGRAM_SECONDS: Final = 600.0
"""The same in real time, however busy the machine is; then ffmpeg is killed."""

PROGRAM_FILES: Final = 64
"""Files that ffmpeg can have open; more are refused."""

STDERR_FIRST_BYTES: Final = 256 * 1024
STDERR_LAST_BYTES: Final = 4 * 1024
"""How much is kept of the beginning and the end of a program's output; the middle is dropped."""

DECODING_CPU_SHARE: Final = 1 / 20
"""CPU seconds that a second of sound may take to decode; usual is 1/500. At the limit decoding is
stopped, and the file rejected."""

DECODING_START_SECONDS: Final = 60
"""CPU seconds beside that, for opening a file with a long index."""

DECODING_WAIT: Final = 10
"""Decoding may take this many times its CPU limit in real time: it gets at least a tenth of a CPU.
Then it is killed."""

SPEECH_BLOCK_SECONDS: Final = 60
"""Speech is detected in blocks of this length: so much of a recording is in memory at once."""

MOST_PEAKS: Final = 18_000
"""Peaks of a recording: 20 a second up to a quarter of an hour, fewer a second beyond that."""
