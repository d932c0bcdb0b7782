"""The log: its format, its secrets struck out, its lines written without blocking."""
