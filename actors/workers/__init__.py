"""Transcribers, and the pool that keeps as many as the work needs."""
