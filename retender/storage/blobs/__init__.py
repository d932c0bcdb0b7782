"""Where recordings lie: what is promised of it (`api`), and the folder that keeps it."""

from retender.storage.blobs.api import Blobs
from retender.storage.blobs.folder import BlobStore

__all__ = ["BlobStore", "Blobs"]
