"""Care for a journal file: copying it while it is open, checking and repairing it."""
