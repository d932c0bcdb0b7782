"""Which recordings go to Groq as they came, and how the others do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from retender.engines.groq.engine import GroqEngine
from retender.engines.groq.media import known_format
from retender.transcript.chunks import SAMPLE_RATE, Chunk
from tests.support.groq.orders import Desk, Workshop, mp3, tone, transcribed
from tests.support.groq.rules import Asked
from tests.support.groq.server import GroqServer
from tests.support.sound.media import FFMPEG


@pytest.mark.parametrize(
    "reason", ["size", "format", "length", "allowance", "languages", "cleaning"]
)
async def test_what_groq_does_not_take_is_decoded_and_sent_in_parts(
    server: GroqServer, desk: Desk, reason: str
) -> None:
    pcm = tone(4.0)
    half = 2 * SAMPLE_RATE
    chunks = (Chunk(0, half, overlap_after=8000), Chunk(half - 8000, 2 * half, overlap=8000))
    engine = desk.engine(
        server.address,
        pcm=pcm,
        chunks=chunks,
        file_bytes=80_000 if reason == "size" else 25_000_000,
    )
    await engine.open()
    recording = {
        "size": mp3(4) + bytes(80_000),
        "format": b"#!AMR\n" + bytes(100),
        "length": mp3(7201),
        "allowance": mp3(7191),
        "languages": mp3(4),
        "cleaning": mp3(4),
    }[reason]
    orders = await desk.prepared(
        engine, recording, multilingual=reason == "languages", denoise=reason == "cleaning"
    )
    outcomes = [await transcribed(engine, order) for order in orders]
    await engine.close()

    assert [order.chunk for order in orders] == list(chunks)
    assert [_decoded(asked) for asked in server.service.asked] == [
        pcm[2 * chunk.start : 2 * chunk.end] for chunk in chunks
    ]
    assert outcomes[1].result.segments[0].start == 1.5 + 0.5
    assert sorted(path.name for path in desk.blobs.job_folder(orders[0].job_id).iterdir()) == [
        "audio.pcm"
    ]


async def test_words_are_asked_for_where_parts_overlap_and_not_for_nothing(
    server: GroqServer, desk: Desk
) -> None:
    half = 2 * SAMPLE_RATE
    chunks = (
        Chunk(0, half, overlap_after=8000),
        Chunk(half - 8000, 2 * half, overlap=8000),
        Chunk(2 * half, 3 * half),
    )
    engine = desk.engine(server.address, pcm=tone(6.0), chunks=chunks)
    await engine.open()
    outcomes = [
        await transcribed(engine, order)
        for order in await desk.prepared(engine, mp3(6), multilingual=True)
    ]
    await engine.close()
    assert [bool(outcome.result.segments[0].words) for outcome in outcomes] == [True, True, False]


async def test_parts_are_short_where_several_languages_are_spoken(
    server: GroqServer, desk: Desk
) -> None:
    engine = desk.engine(server.address, pcm=tone(1.0), chunks=[Chunk(0, SAMPLE_RATE)])
    assert isinstance(engine._tools, Workshop)
    await desk.prepared(engine, mp3(7300))
    assert engine._tools.window == 300 * SAMPLE_RATE
    await desk.prepared(engine, mp3(7300), multilingual=True)
    assert engine._tools.window == 30 * SAMPLE_RATE


async def test_a_job_prepared_anew_is_sent_as_it_was_prepared_last(
    server: GroqServer, desk: Desk, engine: GroqEngine
) -> None:
    await desk.prepared(engine, mp3(4))
    strict = desk.engine(
        server.address, pcm=tone(4.0), chunks=[Chunk(0, 4 * SAMPLE_RATE)], file_bytes=3
    )
    (order,) = await desk.prepared(strict, mp3(4))
    await transcribed(engine, order)
    await desk.prepared(engine, mp3(4))
    await transcribed(engine, order)
    assert [asked.name.rpartition(".")[2] for asked in server.service.asked] == ["flac", "mp3"]


def _decoded(asked: Asked) -> bytes:
    assert asked.name.endswith(".flac")
    command = [FFMPEG, "-v", "error", "-i", "pipe:0", "-f", "s16le", "pipe:1"]
    return subprocess.run(command, input=asked.audio, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    ("name", "codec", "kind"),
    [
        ("a.mp3", "libmp3lame", "mp3"),
        ("a.wav", "pcm_s16le", "wav"),
        ("a.flac", "flac", "flac"),
        ("a.ogg", "libopus", "ogg"),
        ("a.ogg", "libvorbis", "ogg"),
        ("a.webm", "libopus", "webm"),
        ("a.m4a", "aac", "m4a"),
        ("a.mp4", "aac", "mp4"),
        ("a.mkv", "libopus", None),
        ("a.mov", "aac", None),
        ("a.aac", "aac", None),
        ("a.aiff", "pcm_s16be", None),
    ],
)
def test_real_files_are_known_by_what_is_in_them(
    tmp_path: Path, name: str, codec: str, kind: str | None
) -> None:
    made = tmp_path / name
    sound = ["-f", "lavfi", "-i", "sine=duration=0.5:sample_rate=48000"]
    subprocess.run([FFMPEG, "-v", "error", *sound, "-c:a", codec, str(made)], check=True)
    assert known_format(made.rename(tmp_path / "upload")) == kind
