"""A running service: its web server, its signals, its start and its stop."""
