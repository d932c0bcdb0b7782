"""Actors on a Ray cluster."""
