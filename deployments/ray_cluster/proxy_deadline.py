"""How long Ray Serve waits for its proxy.

It gives HAProxy and its manager one minute, without an option, and the start fails after that. The
manager takes three seconds of the processor for its imports: on a machine that has much other work,
or where the service has a low priority, a minute is not enough.
"""

from __future__ import annotations

from typing import Final

from ray.serve._private import api, client

PROXY_SECONDS: Final = 300

_NAME: Final = "HTTP_PROXY_TIMEOUT"


def wait_longer_for_proxy() -> None:
    """Where a version of Ray does it in another way, nothing is changed."""
    for module in (api, client):
        if hasattr(module, _NAME):
            setattr(module, _NAME, PROXY_SECONDS)
