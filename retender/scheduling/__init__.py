"""Rules without input or output: which piece a worker gets next, and what its outcome changes."""
