"""One recording of a minute and a half, as an owner might drop it, for the moving pictures.

    python -m bench.speech.demonstration LANGUAGE FILE.mp3

web/e2e/film.mjs calls it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.speech.recordings import joined, prompts, written
from retender.audio.ffmpeg import find

_PROMPTS: Final = (
    *("demo-congrats", "demo-echotest", "demo-moreinfo"),
    *("demo-abouttotry", "demo-thanks"),
)
"""A demonstration of a telephone exchange, in the order in which it is heard."""


def make(language: str, to: Path) -> None:
    named = {prompt.name: prompt for prompt in prompts(language)}
    whole = joined(language, [named[name] for name in _PROMPTS], pauses=(0.5, 0.9))
    wav = written(to.with_suffix(".wav"), whole)
    ffmpeg = find(os.environ.get("PATH", ""))
    form = ["-map_metadata", "-1", "-c:a", "libmp3lame", "-b:a", "64k"]
    subprocess.run([ffmpeg, "-v", "error", "-y", "-i", str(wav), *form, str(to)], check=True)
    wav.unlink()


if __name__ == "__main__":
    make(sys.argv[1], Path(sys.argv[2]))
