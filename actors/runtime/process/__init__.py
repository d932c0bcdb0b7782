"""Actors in child processes, each with its own."""
