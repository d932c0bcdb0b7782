"""Backups of the data folder, made while the service runs, and their restoring."""
