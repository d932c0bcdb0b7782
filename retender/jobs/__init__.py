"""Jobs: states, pieces, events, retries, and the texts that clients read."""
