"""Where recordings lie: what is promised of it (`api`), and the folder that keeps it."""

from retender.blobs.api import Blobs
from retender.blobs.folder import BlobStore

__all__ = ["BlobStore", "Blobs"]
