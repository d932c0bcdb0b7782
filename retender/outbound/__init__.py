"""Requests to addresses that a stranger has named."""
