"""The answer to a submission."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request

from retender.jobs.submission import Receipt

_SOCKET_SCHEMES: Final = {"http": "ws", "https": "wss"}


def receipt_body(receipt: Receipt, request: Request) -> dict[str, Any]:
    job = receipt.job
    return {
        "job_id": job.id,
        "status": str(job.status),
        "websocket_url": websocket_url(request, job.id),
        "estimated_processing_time": receipt.estimated_processing_time,
        "queue_position": receipt.queue_position,
    }


def websocket_url(request: Request, job_id: str) -> str:
    """On the scheme and the host by which the caller has reached the service."""
    scheme = _SOCKET_SCHEMES.get(request.url.scheme, "ws")
    root = request.scope.get("root_path", "").rstrip("/")
    return f"{scheme}://{request.url.netloc}{root}/ws/transcription/{job_id}"
