"""Counts the HTTP requests of this process, for the metrics."""

from __future__ import annotations

from collections import Counter, defaultdict

from actors.metrics.figures import ANSWERS, Histogram
from serve_app.middleware.access_log import Served


class Traffic:
    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()
        """By method, route and status. Routes are templates, so their number is bounded."""
        self.seconds: defaultdict[tuple[str, str], Histogram] = defaultdict(
            lambda: Histogram.over(ANSWERS)
        )
        """Time until the whole answer was sent, by method and route."""
        self.received = 0
        self.sent = 0

    def count(self, served: Served) -> None:
        self.requests[served.method, served.route, served.status] += 1
        self.received += served.received
        self.sent += served.sent
        if served.method != "WEBSOCKET":
            self.seconds[served.method, served.route].observe(served.seconds)
