"""Counts and measurements of jobs and models."""
