"""Which uploads go to Groq as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from retender.engines.groq.media import known_format, mark, marked_whole, marks

MP3_FRAME = b"\xff\xfb\x90\x64"
AAC_FRAME = b"\xff\xf1\x50\x80"


def tagged(content: bytes, *, footer: bool = False) -> bytes:
    """Behind an ID3 tag of 300 bytes, whose size is told in groups of seven bits."""
    tail = b"3DI" + bytes(7) if footer else b""
    flags = 0x10 if footer else 0
    return b"ID3\x04\x00" + bytes([flags, 0, 0, 2, 44]) + bytes(300) + tail + content


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"fLaC" + bytes(60), "flac"),
        (b"OggS" + bytes(60), "ogg"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "wav"),
        (b"RIFF\x24\x00\x00\x00AVI LIST", None),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "webm"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska", None),
        (b"\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00", "m4a"),
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00", "mp4"),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00", None),
        (b"\x00\x00\x00\x14ftyp3gp4\x00\x00\x02\x00", None),
        (MP3_FRAME + bytes(60), "mp3"),
        (tagged(MP3_FRAME), "mp3"),
        (tagged(MP3_FRAME, footer=True), "mp3"),
        (AAC_FRAME + bytes(60), None),
        (tagged(AAC_FRAME), None),
        (b"\xff\xff\xff\xff" + bytes(60), None),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n", None),
        (b"ID3", None),
        (b"\xff", None),
        (b"", None),
    ],
)
def test_only_what_is_known_for_certain_goes_as_it_is(
    tmp_path: Path, content: bytes, kind: str | None
) -> None:
    upload = tmp_path / "upload"
    upload.write_bytes(content)
    assert known_format(upload) == kind


def test_a_job_is_sent_whole_or_in_parts_never_both() -> None:
    whole = mark("mp3")
    assert marked_whole({whole, "something else"}) == "mp3"
    assert marked_whole({whole, "audio.pcm"}) is None
    assert marked_whole({"audio.pcm"}) is None
    assert marked_whole(set()) is None
    assert marks({whole, "audio.pcm"}) == [whole]
