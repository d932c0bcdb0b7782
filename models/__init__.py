"""Models that the project makes itself: the digits, and random weights of Whisper's true sizes.

`layout` and `ctranslate` write a folder that the unmodified `faster_whisper.WhisperModel` loads.
They need numpy, tokenizers and ctranslate2, and nothing else.
"""
