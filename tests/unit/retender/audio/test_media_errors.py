from __future__ import annotations

import signal

import pytest

from retender.audio import media_errors
from retender.audio.ffmpeg_report import FfmpegReport, parse
from retender.audio.sandbox import ProgramEnded
from retender.errors import (
    CorruptMedia,
    EngineFailed,
    NoAudioStream,
    RetenderError,
    StorageFull,
    TooLong,
    UnsupportedMedia,
)
from retender.transcript.chunks import SAMPLE_RATE

WAV = b"RIFF\0\0\0\0WAVE"
OPENED = """\
[h264 @ 0x1] Codec (h264) not on whitelist 'aac,mp3'
Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/data/blobs/ab/abcd':
  Metadata:
    title           : Stream #0:7: Audio: flac
  Duration: 01:02:03.50, start: 0.000000, bitrate: 138 kb/s
  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), none, 320x240, 25 fps
  Stream #0:1[0x2](spa): Audio: aac (LC) (mp4a / 0x6134706D), 22050 Hz, mono, fltp, 79 kb/s
  Stream #0:2: Audio: ac3, 48000 Hz, 5.1
Stream mapping:
  Stream #0:1 -> #0:0 (aac (native) -> pcm_s16le (native))
Output #0, s16le, to 'pipe:1':
  Stream #0:0(und): Audio: pcm_s16le, 16000 Hz, mono, s16, 256 kb/s (default)
"""


def judged(
    stderr: str = OPENED, *, code: int = 0, seconds: float = 3000, timed_out: bool = False
) -> type[RetenderError] | None:
    ended = ProgramEnded(code=code, stderr=stderr, timed_out=timed_out)
    error = media_errors.decoding_error(
        ended, WAV, samples=int(seconds * SAMPLE_RATE), most_seconds=7200
    )
    return None if error is None else type(error)


def test_what_ffmpeg_says_of_a_file_is_understood() -> None:
    assert parse(OPENED) == FfmpegReport(
        format="mov,mp4,m4a,3gp,3g2,mj2", duration=3723.5, codecs=("aac", "ac3")
    )


def test_a_file_that_does_not_open_has_nothing_said_of_it() -> None:
    assert parse("file:a.m4a: Invalid data found when processing input") == FfmpegReport()


def test_a_duration_that_is_not_known_is_none() -> None:
    assert parse(OPENED.replace("01:02:03.50", "N/A")).duration is None


def test_what_could_be_decoded_is_kept_though_ffmpeg_complains() -> None:
    assert judged(code=69, seconds=1800) is None


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (-signal.SIGKILL, EngineFailed),
        (-signal.SIGXCPU, CorruptMedia),
        (-signal.SIGSEGV, CorruptMedia),
        (-signal.SIGXFSZ, TooLong),
    ],
)
def test_of_a_decoder_that_was_stopped_nothing_is_kept(
    code: int, error: type[RetenderError]
) -> None:
    assert judged(code=code) is error


def test_a_busy_machine_is_no_fault_of_the_upload() -> None:
    assert judged(code=-signal.SIGKILL, timed_out=True) is EngineFailed


def test_a_full_disk_is_told_from_a_damaged_file() -> None:
    full = OPENED + "av_interleaved_write_frame(): No space left on device\n"
    assert judged(full, code=1) is StorageFull


def test_what_was_lost_for_want_of_memory_is_not_passed_over() -> None:
    assert judged(OPENED + "Cannot allocate memory\n", code=1) is CorruptMedia


def test_the_samples_decide_whether_a_recording_is_too_long() -> None:
    assert judged(seconds=7201) is TooLong
    assert judged(OPENED.replace("01:02:03.50", "99:00:00.00"), seconds=7200) is None


def test_a_moment_of_an_hour_is_a_damaged_file() -> None:
    assert judged(seconds=37) is CorruptMedia
    assert judged(seconds=38) is None
    assert judged(seconds=0) is CorruptMedia


def test_only_the_first_sound_track_counts() -> None:
    swapped = OPENED.replace("Audio: aac", "Audio: dts")
    assert judged(swapped) is UnsupportedMedia


def test_a_video_without_sound_has_no_audio_stream() -> None:
    mute = "\n".join(line for line in OPENED.splitlines() if "Audio:" not in line)
    assert judged(mute, seconds=0) is NoAudioStream


def test_a_file_of_no_known_type_is_unsupported_and_one_of_a_known_type_damaged() -> None:
    assert type(media_errors.probe_error(FfmpegReport(), b"%PDF-1.7")) is UnsupportedMedia
    assert type(media_errors.probe_error(FfmpegReport(), WAV)) is CorruptMedia


def test_what_ffmpeg_only_guesses_is_believed_where_the_file_says_the_same() -> None:
    guess = FfmpegReport(format="mp3", codecs=("mp3",), guessed=True)
    assert type(media_errors.probe_error(guess, b"\x13\x37" * 32)) is UnsupportedMedia
    assert media_errors.probe_error(guess, b"ID3\x03") is None
