"""The example of docs/actors.md works."""

from __future__ import annotations

import inspect
import re
from typing import Any

from tests.support.actors.virtual_time import VirtualClock
from tests.support.paths import PROJECT


def example() -> dict[str, Any]:
    page = (PROJECT / "docs" / "actors.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    # Recipes find a class by its module: this one stands in for the page.
    namespace: dict[str, Any] = globals()
    for block in blocks:
        exec(compile(block, "docs/actors.md", "exec"), namespace)
    return namespace


async def test_the_example_on_the_page_passes_its_own_test(virtual_clock: VirtualClock) -> None:
    found = [value for name, value in example().items() if name.startswith("test_words_")]
    assert len(found) == 1
    assert inspect.iscoroutinefunction(found[0])
    await found[0](virtual_clock)
