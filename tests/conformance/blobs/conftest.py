"""Every promise of the blob stores is tested on every kind of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from retender.storage.blobs import Blobs
from tests.support.storage.blob_kinds import KINDS, Cluster


@pytest.fixture(params=KINDS)
def cluster(request: pytest.FixtureRequest, tmp_path: Path) -> Cluster:
    return Cluster(request.param, tmp_path)


@pytest.fixture
def store(cluster: Cluster) -> Blobs:
    return cluster.machine("one")


@pytest.fixture
def root(store: Blobs) -> Path:
    return store.root
