"""Transcription as a command sees it: by a running service, or in this process."""
