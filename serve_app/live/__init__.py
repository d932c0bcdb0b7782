"""Following a job: over a WebSocket, as Server-Sent Events, or by waiting for its end."""
