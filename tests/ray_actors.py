"""The actors on a Ray that other processes run, as it has them in its own books."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ray._private.authentication.authentication_token_setup import (
    maybe_enable_token_auth_if_token_available,
)
from ray._private.state import GlobalState
from ray._raylet import GcsClientOptions

INGRESS = "SERVE_REPLICA::retender#ingress#"
"""How the names of Serve's replicas begin."""

_ADDRESS = "--gcs-address="


class RayActors:
    def __init__(self, books: GlobalState) -> None:
        self._books = books

    def process_of(self, name: str) -> int | None:
        """That of the one which lives and whose name begins so."""
        living = (each for each in self._books.actor_table(None).values() if _lives(each))
        found = [each["Pid"] for each in living if each["Name"].startswith(name)]
        assert len(found) <= 1, f"there is more than one {name}"
        return found[0] if found else None


@contextmanager
def ray_actors(address: str) -> Iterator[RayActors]:
    maybe_enable_token_auth_if_token_available(warn_if_disabled=False)
    books = GlobalState()
    books._initialize_global_state(
        GcsClientOptions.create(
            address, None, allow_cluster_id_nil=True, fetch_cluster_id_if_nil=False
        )
    )
    try:
        yield RayActors(books)
    finally:
        books.disconnect()


def address_among(processes: Iterable[int]) -> str:
    """That of the Ray which one of these is part of."""
    for process in processes:
        for word in Path(f"/proc/{process}/cmdline").read_bytes().decode().split("\0"):
            if word.startswith(_ADDRESS):
                return word.removeprefix(_ADDRESS)
    raise AssertionError("no Ray has been started")


def _lives(actor: dict[str, object]) -> bool:
    return actor["State"] == "ALIVE"
