"""The page for people, as it was built in `web/`: see `routes`."""
