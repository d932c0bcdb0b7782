"""The service's description of itself, without the service: `python -m serve_app.openapi_types`.

The types of the TypeScript client are made from it. It takes no model, no journal and no port.
"""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any, Final, cast

from serve_app.app import create_app
from serve_app.openai.errors import PREFIXES
from serve_app.settings import HttpSettings
from serve_app.state.services import Services

_FOR_PEOPLE: Final = frozenset({"example", "examples"})


def description() -> dict[str, Any]:
    """What types depend on: no examples, and not the addresses in OpenAI's language, for which
    there are clients. The version is always the same, so that a release changes nothing."""
    settings = HttpSettings(version="1")
    # All that the app looks at before it serves anything.
    services = SimpleNamespace(
        settings=settings, clock=None, new_id=None, traffic=SimpleNamespace(count=None)
    )
    whole = create_app(cast("Services", services)).openapi()
    paths = {
        path: operations
        for path, operations in whole["paths"].items()
        if not path.startswith(tuple(f"{prefix}/" for prefix in PREFIXES))
    }
    described: dict[str, Any] = _without_examples({**whole, "paths": paths})
    return described


def written() -> str:
    return json.dumps(description(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _without_examples(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            name: _without_examples(value)
            for name, value in part.items()
            if name not in _FOR_PEOPLE
        }
    if isinstance(part, list):
        return [_without_examples(value) for value in part]
    return part


if __name__ == "__main__":
    sys.stdout.write(written())
