from __future__ import annotations

from pathlib import Path

import pytest

from retender.audio import ffmpeg
from retender.audio.cleaning import Cleaning
from retender.errors import EngineUnavailable

SOURCE = Path("/data/blobs/ab/abcd")
COMMANDS = {
    "looking": ffmpeg.probe_command("/bin/ffmpeg", SOURCE),
    "counting": ffmpeg.duration_command("/bin/ffmpeg", SOURCE),
    "decoding": ffmpeg.decode_command(
        "/bin/ffmpeg", SOURCE, filters=Cleaning().filters(), seconds=3600.0
    ),
}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("what", ["protocol", "format", "codec"])
def test_what_ffmpeg_may_do_is_said_before_it_is_shown_the_file(name: str, what: str) -> None:
    command = COMMANDS[name]
    shown = command.index("-i")

    assert command.index(f"-{what}_whitelist") < shown
    assert command[shown + 1] == f"file:{SOURCE}"
    assert command.count("-i") == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_that_could_lead_elsewhere_is_on_the_lists(name: str) -> None:
    command = COMMANDS[name]
    lists = {what: set(listed(command, what)) for what in ("protocol", "format", "codec")}

    assert lists["protocol"] == {"file", "pipe"}
    assert not lists["format"] & {"hls", "dash", "concat", "sdp", "rtsp", "image2", "lavfi", "avi"}
    assert not lists["codec"] & {"h264", "hevc", "mjpeg", "png", "mpeg4", "vp9", "ass", "libvpx"}


@pytest.mark.parametrize("name", ["counting", "decoding"])
def test_only_sound_is_taken(name: str) -> None:
    command = COMMANDS[name]

    assert command[command.index("-map") + 1] == "0:a:0"
    assert {"-vn", "-sn", "-dn"} <= set(command)


def test_an_ffmpeg_on_the_path_goes_before_the_one_carried(tmp_path: Path) -> None:
    own = tmp_path / "ffmpeg"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o700)

    assert ffmpeg.find(str(tmp_path)) == str(own)
    assert ffmpeg.find("/nowhere") != str(own)


def test_without_any_ffmpeg_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise RuntimeError("none here")

    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", none)

    with pytest.raises(EngineUnavailable, match="install"):
        ffmpeg.find("/nowhere")


def listed(command: list[str], what: str) -> list[str]:
    return command[command.index(f"-{what}_whitelist") + 1].split(",")
