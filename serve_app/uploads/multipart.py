"""Reads a form with a recording in it while it arrives; the recording is not kept in memory.

The caller feeds in the bytes of the form and gets back those of the recording. The other fields are
small and are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from retender.errors import BadRequest, IncompleteUpload
from serve_app.limits import FORM_FIELD_BYTES, FORM_HEADER_BYTES, FORM_HEADERS, FORM_PARTS

Fields = Mapping[str, Sequence[str]]
"""The fields of a form by their names, each with all of its values in order."""

FILE: Final = "file"

_PLAIN: Final = {b"", b"binary", b"7bit", b"8bit"}


class FormReader:
    def __init__(self, content_type: str) -> None:
        """Raises `BadRequest` if this is not the type of a form with files."""
        kind, parameters = parse_options_header(content_type)
        boundary = parameters.get(b"boundary", b"")
        if kind != b"multipart/form-data":
            raise BadRequest("send the recording as multipart/form-data, in the field `file`")
        if not boundary:
            raise BadRequest("the Content-Type of this form names no boundary between its parts")
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._add_name,
                    "on_header_value": self._add_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._open,
                    "on_part_data": self._add,
                    "on_part_end": self._close,
                    "on_end": self._finish,
                },
                max_header_count=FORM_HEADERS,
                max_header_size=FORM_HEADER_BYTES,
            )
        except FormParserError as error:
            raise BadRequest("the boundary of this form is too long") from error
        self._parts = 0
        self._name = bytearray()
        self._value = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._field: str | None = None
        self._text = bytearray()
        self._small_bytes = 0
        self._in_file = False
        self._recording: list[bytes] = []
        self._ended = False
        self._fields: dict[str, list[str]] = {}
        self.has_file = False
        """Whether the recording has begun."""
        self.filename = ""
        """The name that the client gives the recording."""

    @property
    def fields(self) -> Fields:
        """The fields that have been read so far."""
        return self._fields

    def feed(self, data: bytes) -> list[bytes]:
        """The bytes of the recording among these. Raises `BadRequest` if this is no form, or if the
        form is larger than its limits."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise BadRequest(f"the form cannot be read: {error}") from error
        recording, self._recording = self._recording, []
        return recording

    def end(self) -> Fields:
        """The whole body was fed in. Raises `IncompleteUpload` if the form does not end there."""
        if not self._ended:
            raise IncompleteUpload("the form ends before its last boundary: the upload was cut off")
        return self._fields

    # Callbacks of the parser

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > FORM_PARTS:
            raise BadRequest(f"the form has more than {FORM_PARTS} parts", limit=FORM_PARTS)
        self._headers = {}

    def _add_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[bytes(self._name).lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def _open(self) -> None:
        disposition, parameters = parse_options_header(
            self._headers.get(b"content-disposition", b"")
        )
        name = parameters.get(b"name")
        if disposition != b"form-data" or name is None:
            raise BadRequest("a part of the form has no name")
        if self._headers.get(b"content-transfer-encoding", b"").strip().lower() not in _PLAIN:
            raise BadRequest("the parts of a form must be sent as they are, not encoded")
        self._field = _text(name, "the name of a field")
        if self._field == FILE:
            if self.has_file:
                raise BadRequest("one recording a request: this form has a second `file`")
            self.has_file = self._in_file = True
            self.filename = parameters.get(b"filename", b"").decode(errors="replace")
        elif b"filename" in parameters:
            raise BadRequest(f"the recording goes into the field `file`, not {self._field!r}")

    def _add(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._recording.append(data[start:end])
            return
        self._small_bytes += end - start
        if self._small_bytes > FORM_FIELD_BYTES:
            raise BadRequest(
                f"the fields of the form are longer than {FORM_FIELD_BYTES} bytes together",
                limit=FORM_FIELD_BYTES,
            )
        self._text += data[start:end]

    def _close(self) -> None:
        if not self._in_file:
            assert self._field is not None
            text = _text(bytes(self._text), f"the field {self._field!r}")
            self._fields.setdefault(self._field, []).append(text)
            self._text.clear()
        self._in_file = False
        self._field = None

    def _finish(self) -> None:
        self._ended = True


def _text(data: bytes, what: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BadRequest(f"{what} is not UTF-8 text") from error
