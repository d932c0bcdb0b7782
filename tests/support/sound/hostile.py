"""Files that nobody should send."""

from __future__ import annotations

import struct

from tests.support.sound.media import FLOATS, RATE, noise, wav

PLAYLISTS = {
    "HLS": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n",
    "DASH": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>'
    '<AdaptationSet contentType="audio"><Representation id="1"><BaseURL>{target}</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>",
    "concat": "ffconcat version 1.0\nfile '{target}'\n",
    "SDP": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"
    "a=control:{target}\n",
    "another playlist": "[playlist]\nFile1={target}\n",
}
NAN = struct.pack("<f", float("nan"))
INFINITE = struct.pack("<f", float("inf"))

NO_RECORDINGS = {
    "nothing": b"",
    "one byte": b"\0",
    "noise": noise(4, loud=9000, seed=1).tobytes(),
    "text": b"Dear Sir or Madam,\n" * 500,
    "a web page": b"<html><body>404</body></html>",
    "a PDF": b"%PDF-1.7\n" + b"\0" * 5000,
    "zeros": bytes(100_000),
}
DAMAGED = {
    "60,000 channels": wav(bytes(200_000), channels=60_000),
    "no channels": wav(bytes(200_000), channels=0),
    "a sample rate of 4 GHz": wav(bytes(20_000), rate=4_000_000_000),
    "samples that are not numbers": wav(NAN * RATE, kind=FLOATS, bits=32),
    "endless samples": wav(INFINITE * RATE, kind=FLOATS, bits=32),
    "a header alone": wav(b""),
    "half a header": wav(b"")[:20],
    "an MP4 that is one size field": struct.pack(">I4s", 0xFFFFFFFF, b"ftyp") + b"isom",
    "a FLAC of rubbish": b"fLaC" + noise(1, loud=9000).tobytes(),
    "an Ogg of rubbish": b"OggS" + noise(1, loud=9000).tobytes(),
    "a Matroska of rubbish": b"\x1a\x45\xdf\xa3" + noise(1, loud=9000).tobytes(),
}
