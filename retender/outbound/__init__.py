"""Requests to addresses that a client has named."""
