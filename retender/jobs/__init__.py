"""Jobs: their states, pieces, events, retries, and what clients are told of them."""
