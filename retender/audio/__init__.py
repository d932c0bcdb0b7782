"""From an upload of any kind to samples, and to where in them somebody speaks."""
