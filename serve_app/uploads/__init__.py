"""Recordings on their way in: by form, by body, in resumable parts, from an address."""
