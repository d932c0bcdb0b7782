"""Where the project's own files are, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[2]
DIGITS: Final = PROJECT / "models" / "digits"
