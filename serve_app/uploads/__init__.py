"""Receives recordings: as a form, as a body, in resumable parts, from an address."""
