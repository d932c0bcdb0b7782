"""How long Ray Serve waits for its proxy, and how often it looks whether it may go on.

It gives HAProxy and its manager one minute, without an option, and the start fails after that. The
manager takes three seconds of the processor for its imports: on a machine that has much other work,
or where the service has a low priority, a minute is not enough.

Once a second it looks whether the service is up, or has stopped: a start would take most of a
second longer, and for so long two servers would share the port.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

from ray.serve._private import api, client

PROXY_SECONDS: Final = 300

LOOK_SECONDS: Final = 0.1


def set_waits() -> None:
    """Where a version of Ray does it in another way, nothing is changed."""
    for module in (api, client):
        _set(module, "HTTP_PROXY_TIMEOUT", PROXY_SECONDS)
    _set(client, "CLIENT_POLLING_INTERVAL_S", LOOK_SECONDS)


def _set(module: ModuleType, name: str, seconds: float) -> None:
    if hasattr(module, name):
        setattr(module, name, seconds)
