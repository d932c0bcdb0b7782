"""What Ray Serve's controller calls when it starts, on a machine of our own
(`RAY_SERVE_CONTROLLER_CALLBACK_IMPORT_PATH`).

Beside HAProxy, Serve keeps a proxy in Python for applications that may have no replica. Ours always
has some, and that process takes 97 MB and two seconds of the start.
"""

from __future__ import annotations

from typing import Any, Final

from ray.serve._private import proxy_state

_STARTS_IT: Final = "_start_fallback_proxy_if_needed"


def leave_out_second_proxy() -> None:
    """Where a version of Ray does it in another way, nothing is changed."""
    manager: Any = proxy_state.ProxyStateManager
    if hasattr(manager, _STARTS_IT):
        setattr(manager, _STARTS_IT, _start_nothing)


def _start_nothing(*_: object, **__: object) -> None:
    return None
