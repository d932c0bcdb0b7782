"""Telling other systems what became of jobs: one actor for each kind of receiver."""
