"""Uploads that are larger than memory should ever be, and such as the disk has no room for."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.support.http.command import serving
from tests.support.http.http_service import PLAIN, Site, says, site
from tests.support.http.raw_client import BOUNDARY, FORM, part

MEBIBYTE = 1 << 20
SIZE = 300 * MEBIBYTE
FLAT = 48 * MEBIBYTE
"""What an upload may add to the service's memory, however large it is."""

_PIECE = b"\1\2\3\4" * (MEBIBYTE // 4)

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")


def recording() -> Iterator[bytes]:
    for _ in range(SIZE // MEBIBYTE):
        yield _PIECE


def in_a_form() -> Iterator[bytes]:
    yield part("file", b"", filename="a.wav")[:-2]
    yield from recording()
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


def memory(pid: int, what: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"no {what} of {pid}")


@pytest.mark.parametrize("way", ["form", "body", "tus"])
def test_memory_stays_flat_however_large_the_upload(tmp_path: Path, way: str) -> None:
    with serving(tmp_path, MAX_FILE_SIZE_MB="400") as service:
        with httpx.Client(base_url=service.url, timeout=120.0, trust_env=False) as http:
            warm = http.put("/transcribe-job", content=b"warm")
            assert warm.status_code == 202
            pid = service.process.pid
            before = memory(pid, "VmRSS")
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak is counted from here
            assert send(http, way) in {202, 204}
        assert memory(pid, "VmHWM") - before < FLAT


def send(http: httpx.Client, way: str) -> int:
    if way == "form":
        answer = http.post("/transcribe-job", content=in_a_form(), headers={"Content-Type": FORM})
        return answer.status_code
    if way == "body":
        return http.put("/transcribe-job", content=recording()).status_code
    tus = {"Tus-Resumable": "1.0.0"}
    begun = http.post("/uploads", headers={**tus, "Upload-Length": str(SIZE)})
    headers = {
        **tus,
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(SIZE),
    }
    return http.patch(begun.headers["Location"], content=recording(), headers=headers).status_code


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Of sixteen mebibytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def blobs(disk: Path) -> list[bytes]:
    return [each.read_bytes() for each in disk.glob("blobs/*/*")]


async def handed_in(here: Site, recording: bytes) -> httpx.Response:
    """A client coming at the moment at which the disk is full is told to come back, and does."""
    while True:
        answer = await here.http.put("/transcribe-job", content=recording)
        if answer.status_code != httpx.codes.INSUFFICIENT_STORAGE:
            return answer


@needs_root
async def test_what_the_disk_has_no_room_for_is_refused_and_others_are_served(
    small_disk: Path,
) -> None:
    settings = msgspec.structs.replace(PLAIN, most_bytes=100 * MEBIBYTE)
    async with site(small_disk, settings=settings) as here:
        large, small = await asyncio.gather(
            here.http.put("/transcribe-job", content=_PIECE * 30),
            handed_in(here, says("small").recorded()),
        )
        assert (large.status_code, large.json()["error"]["code"]) == (507, "storage_full")
        assert "retry-after" in large.headers
        assert small.status_code == 202
        await here.ended(small.json()["job_id"])
        assert not any((small_disk / "incoming").iterdir())
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(30 * MEBIBYTE)}
        assert (await here.http.post("/uploads", headers=headers)).status_code == 507
        again = await here.http.put("/transcribe-job", content=says("after").recorded())
        assert again.status_code == 202


@needs_root
async def test_a_resumable_upload_that_fills_the_disk_goes_on_once_there_is_room(
    small_disk: Path,
) -> None:
    async with site(small_disk, workers=False) as here:
        said = _PIECE * 5
        tus = {"Tus-Resumable": "1.0.0"}
        begun = await here.http.post("/uploads", headers={**tus, "Upload-Length": str(len(said))})
        location = begun.headers["Location"]
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"x" * (14 * MEBIBYTE))

        async def go_on() -> httpx.Response:
            at = (await here.http.head(location, headers=tus)).headers["Upload-Offset"]
            kind = "application/offset+octet-stream"
            headers = {**tus, "Upload-Offset": at, "Content-Type": kind}
            return await here.http.patch(location, content=said[int(at) :], headers=headers)

        assert (await go_on()).status_code == 507
        ballast.unlink()
        answer = await go_on()
        assert answer.status_code == 204
        job = await here.job(answer.headers["Retender-Job-Id"])
        assert job["status"] == "queued"
    assert blobs(small_disk) == [said]
