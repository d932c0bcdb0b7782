"""What bounds a journal on PostgreSQL, and what happens at each bound."""

from __future__ import annotations

from typing import Final

DATABASE_WAIT_SECONDS: Final = 60.0
DATABASE_PAUSES: Final = (0.05, 2.0)
"""A database that is away is waited for, and so is a newer service that has the journal: so many
seconds of pauses between attempts, the first and the longest of which are these. Then the manager
ends, and waits again in its next life."""

DATABASE_CONNECT_SECONDS: Final = 5
"""One attempt to connect may take so long."""

DATABASE_LOCK_SECONDS: Final = 5
"""So long the ledger may be held by another's commit; then it counts as away."""

DATABASE_IDLE_SECONDS: Final = 10
"""A commit of which the database hears no more for so long is undone, and the ledger is free: its
manager has been cut off, or stands still."""

DATABASE_SILENCE_SECONDS: Final = 20
"""A connection at whose other end nothing stirs for so long is given up, by us and by the server.
"""
