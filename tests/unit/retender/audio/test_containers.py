from __future__ import annotations

import pytest

from retender.audio.containers import container_of


@pytest.mark.parametrize(
    ("head", "container"),
    [
        (b"RIFF\x24\0\0\0WAVE", "wav"),
        (b"\0\0\0\x20ftypM4A ", "mov"),
        (b"\x1a\x45\xdf\xa3\x9f", "matroska"),
        (b"OggS\0\x02", "ogg"),
        (b"fLaC\0\0\0\x22", "flac"),
        (b"ID3\x04\0", "mp3"),
        (b"\xff\xfb\x90\x64", "mp3"),
        (b"\xff\xf3\x48\xc4", "mp3"),
        (b"\xff\xf1\x50\x80", "aac"),
        (b"#!AMR\n", "amr"),
    ],
)
def test_a_recording_is_known_by_its_first_bytes(head: bytes, container: str) -> None:
    assert container_of(head) == container


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff",
        b"\xff\xfb",
        b"#EXTM3U\n",
        b"<?xml version",
        b"%PDF-1.7",
        b"\0" * 64,
        b"\xff\xff\xff\xff",
        b"\xff\xeb\x90\x64",
        b"\xff\xfb\xf0\x64",
        b"\xff\xfb\x9c\x64",
    ],
)
def test_what_is_none_is_not_taken_for_one(head: bytes) -> None:
    assert container_of(head) is None
