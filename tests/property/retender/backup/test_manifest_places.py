"""A backup that comes from elsewhere is restored into the data folder, or refused: whatever its
manifest says, nothing outside is written, moved or deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retender.backup import manifest
from retender.backup.manifest import Manifest, SavedFile, SavedRecording
from retender.backup.restoring import restore
from retender.errors import BackupDamaged, BackupRefused

CONTENT = b"what a stranger wants to be somewhere"
SHA256 = hashlib.sha256(CONTENT).hexdigest()

_PIECES = st.sampled_from(
    [
        "..",
        ".",
        "",
        "/",
        "a",
        "b.db",
        "journal.db",
        "keys.json",
        "\x00",
        "models",
        "restore.unfinished",
        "é",
        "a" * 300,
        "*",
        "\\",
        "blobs",
    ]
)
PATHS = st.lists(_PIECES, max_size=4).map("/".join) | st.text(max_size=10)
SHAS = st.just(SHA256) | st.sampled_from(["", "../" * 22, "../../x", "/etc/passwd", SHA256.upper()])


def everything(folder: Path) -> dict[str, bytes | None]:
    return {
        str(each.relative_to(folder)): each.read_bytes() if each.is_file() else None
        for each in sorted(folder.rglob("*"))
    }


def saved(folder: Path, paths: list[str], shas: list[str], name: str) -> Path:
    """A backup as a stranger would make it: with its content wherever its manifest leads."""
    backup = folder / "backup"
    backup.mkdir()
    found = Manifest(
        made_at=0.0,
        version="1",
        name=name,
        journal="sqlite",
        files=tuple(SavedFile(path, len(CONTENT), SHA256) for path in paths),
        recordings=tuple(SavedRecording(sha, len(CONTENT)) for sha in shas),
    )
    (backup / manifest.MANIFEST).write_bytes(msgspec.json.encode(found))
    sources = [found.folder(backup) / path for path in paths]
    sources += [manifest.recording(backup / manifest.RECORDINGS, sha) for sha in shas]
    for source in sources:
        if folder in source.resolve().parents if "\0" not in str(source) else False:
            try:
                source.parent.mkdir(parents=True, exist_ok=True)
                source.write_bytes(CONTENT)
            except OSError:
                continue
    return backup


@given(st.lists(PATHS, max_size=2), st.lists(SHAS, max_size=1), st.just("set") | PATHS)
@example(["../escaped"], [], "set")
@example(["a/../../escaped"], [], "set")
@example([], ["../../x"], "set")
@example(["b.db"], [], "../..")
@example(["a\0b"], [], "set")
def test_nothing_outside_the_data_folder_is_touched(
    paths: list[str], shas: list[str], name: str
) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        backup = saved(folder, paths, shas, name)
        data = folder / "inside" / "data"
        before = everything(folder)
        with contextlib.suppress(BackupDamaged, BackupRefused, OSError):
            restore(backup, data, aside="aside")
        after = everything(folder)
        changed = {
            path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
        }
        outside = {path for path in changed if not path.startswith("inside")}
        assert outside - {"inside"} == set()
        assert not any(path.startswith("inside/") and "data" not in path for path in changed)


@given(st.binary(max_size=80))
@example(b"\xff")
@example(b"[" * 100_000)
def test_a_manifest_of_any_bytes_is_read_or_damaged(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as made:
        (Path(made) / manifest.MANIFEST).write_bytes(data)
        with pytest.raises(BackupDamaged):
            manifest.read(Path(made))


@pytest.mark.parametrize(
    "path", ["../escaped", "/etc/escaped", "a/../../escaped", "a//b", ".", "", "a\0b", "a/."]
)
def test_a_file_outside_of_the_backup_is_refused(path: str, tmp_path: Path) -> None:
    backup = saved(tmp_path, [path], [], "set")

    with pytest.raises(BackupDamaged, match="outside of the backup"):
        restore(backup, tmp_path / "data", aside="aside")
    assert not (tmp_path / "data").exists()
