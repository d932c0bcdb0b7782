"""Recordings: the interface to them (`api`), and its implementations."""

from retender.storage.blobs.api import Blobs
from retender.storage.blobs.store import BlobStore

__all__ = ["BlobStore", "Blobs"]
