"""Images without a container engine: buildah with chroot isolation, on a base from debootstrap."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.limited import Missing

PROJECT: Final = Path(__file__).parents[1]
WORK: Final = Path(tempfile.gettempdir()) / "retender-images"
"""Kept from one check to the next: the base, and what has been built."""

BASE: Final = "localhost/retender-base"
SUITE: Final = "bookworm"
"""Its Python is 3.11."""

PACKAGES: Final = "python3,python3-venv,ca-certificates"
EXCLUDED: Final = (
    "var/cache/apt",
    "var/lib/apt/lists",
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
)
"""What slim images leave out, too."""


def check() -> None:
    """Raises `Missing` if a program is not here, or this is not root."""
    for program in ("buildah", "debootstrap", "unshare", "chroot"):
        if shutil.which(program) is None:
            raise Missing(f"{program} is not here: apt-get install buildah debootstrap")
    if os.geteuid() != 0:
        raise Missing("images are built by root here, because chroot is root's")
    if not (PROJECT / "serve_app/page/dist/index.html").exists():
        raise Missing("the page is not built, and the base has no Node: make page")


def buildah(*words: str, say: bool = False) -> str:
    command = ["buildah", "--root", str(WORK / "storage"), "--runroot", str(WORK / "run"), *words]
    out = None if say else subprocess.PIPE
    done = subprocess.run(command, check=True, stdout=out, cwd=PROJECT, text=True)
    return (done.stdout or "").strip()


def base(mirror: str) -> None:
    """Once; it is kept."""
    if BASE in buildah("images", "--format", "{{.Name}}").splitlines():
        return
    root = WORK / "base"
    _remove(root)
    root.mkdir(parents=True)
    options = ("--variant=minbase", f"--include={PACKAGES}")
    subprocess.run(
        ["debootstrap", *options, SUITE, str(root), mirror], check=True, stdout=subprocess.DEVNULL
    )
    for each in EXCLUDED:
        _delete(*(root / each).glob("*"))
    container = buildah("from", "scratch")
    buildah("add", "-q", container, str(root), "/")
    buildah("commit", "-q", container, BASE)
    buildah("rm", container)
    _remove(root)


def _remove(root: Path) -> None:
    """debootstrap may leave what it mounted, if it was broken off: nothing below is deleted."""
    subprocess.run(["umount", root / "proc"], check=False, stderr=subprocess.DEVNULL)
    _delete(root)


def _delete(*paths: Path) -> None:
    subprocess.run(["rm", "-rf", "--one-file-system", *paths], check=True)


def build(target: str, *arguments: str) -> str:
    """Returns the name of the image. Packages come as on this machine: by its configuration of pip,
    its certificates, and the folders that the configuration names."""
    image = f"localhost/retender:{target}"
    options = ["--isolation", "chroot", "--layers", "--pull-never", "--format", "docker"]
    for each in _of_this_machine():
        options += ["--volume", f"{each}:{each}:ro"]
    for each in (f"BASE={BASE}", "PAGE=built-page", *arguments):
        options += ["--build-arg", each]
    buildah("build", "--quiet", *options, "--target", target, "--tag", image, ".")
    return image


def size(image: str) -> int:
    """Bytes of its files, as they lie on a disk."""
    with_root = Mounted(image)
    try:
        found = subprocess.run(
            ["du", "-sxb", with_root.root], check=True, capture_output=True, text=True
        )
    finally:
        with_root.remove()
    return int(found.stdout.split()[0])


class Mounted:
    """The files of an image, mounted on this machine."""

    def __init__(self, image: str) -> None:
        self._container = buildah("from", "--pull-never", image)
        self.root = buildah("mount", self._container)

    def remove(self) -> None:
        buildah("rm", self._container)


def _of_this_machine() -> list[str]:
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    words = listed.replace("'", " ").replace("file://", " ").split()
    folders = {
        "/etc/ssl/certs",
        "/usr/local/share/ca-certificates",
        "/etc/xdg/pip",
        "/etc/pip.conf",
    }
    for word in words:
        place = Path(word)
        # Of a folder such as /opt/pypi/simple its parent: the index's files may lie beside it.
        if word.startswith("/opt/") and place.exists():
            folders.add(str(place.parent if place.name == "simple" else place))
    return sorted(each for each in folders if Path(each).exists())
