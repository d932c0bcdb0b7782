"""What was asked of this process over HTTP, counted."""

from __future__ import annotations

from collections import Counter, defaultdict

from actors.metrics.figures import ANSWERS, Histogram
from serve_app.middleware.access_log import Served


class Traffic:
    """By method and route, of which there are as many as the app has, and status."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self.seconds: defaultdict[tuple[str, str], Histogram] = defaultdict(
            lambda: Histogram.over(ANSWERS)
        )
        self.received = 0
        self.sent = 0

    def count(self, served: Served) -> None:
        self.requests[served.method, served.route, served.status] += 1
        self.received += served.received
        self.sent += served.sent
        if served.method != "WEBSOCKET":
            self.seconds[served.method, served.route].observe(served.seconds)
