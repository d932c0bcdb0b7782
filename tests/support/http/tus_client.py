"""A client of resumable uploads that sets each header itself."""

from __future__ import annotations

import httpx

from tests.support.http.http_service import Site, says

TUS = {"Tus-Resumable": "1.0.0"}

BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}

RECORDING = says("piece", "by", "piece").recorded()


async def create(here: Site, size: int = len(RECORDING), **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await here.http.post("/uploads", headers={**TUS, "Upload-Length": str(size), **named})


async def created(here: Site, size: int = len(RECORDING)) -> str:
    answer = await create(here, size)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


async def append(
    here: Site, location: str, data: bytes, offset: int, **headers: str
) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await here.http.patch(
        location, content=data, headers={**BYTES, "Upload-Offset": str(offset), **named}
    )


async def offset(here: Site, location: str) -> int:
    answer = await here.http.head(location, headers=TUS)
    assert answer.status_code == 200
    return int(answer.headers["Upload-Offset"])


def code(answer: httpx.Response) -> str:
    found: str = answer.json()["error"]["code"]
    return found
