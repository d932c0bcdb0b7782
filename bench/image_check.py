"""Builds the images and runs the smallest within the limits of a free instance: `make image-check`.

    python -m bench.image_check [--mirror http://deb.debian.org/debian] [--images koyeb,cpu]
                                [--jobs N]

Where there is no container engine, buildah builds the Dockerfile with chroot isolation. The image
`koyeb` then runs as a container would: its own root filesystem, read-only, not as root, with tini,
in a control group with 512 MB and a tenth of a processor. Groq is the stand-in of the tests, which
refuses, fails and hangs up. Five recordings of 25 MB are worked on at once; with `--jobs`, so many
short ones follow (bench/koyeb.py).

Exit status: 0 if all bars are kept, 1 if not, 3 if this machine cannot do it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from bench import image_builder, koyeb
from bench.limited import Group, Missing, limited

MEMORY: Final = 512 * 1024 * 1024
CPU: Final = 0.1

IMAGES: Final = ("koyeb", "cpu", "gpu", "ray")
IMAGE_BYTES: Final = {"koyeb": 2 * 10**9, "cpu": 2 * 10**9}
"""Of the others nothing is promised."""

GROWTH: Final = 1.1
"""Of the memory over many jobs: what is more is kept for each of them."""
HEALTHY_SECONDS: Final = 30.0
PEAK_BYTES: Final = 400 * 10**6
SMALL_SECONDS: Final = 30.0 + koyeb.GROQ_TAKES

CANNOT: Final = 3
LOG_LINES: Final = 20
"""Of the service's log, shown where it did not end well."""

NAMESPACES: Final = ("--mount", "--ipc", "--uts", "--pid", "--fork", "--kill-child")

CONTAINER: Final = """
set -e
{join}
mount --make-rprivate /
mount --bind {root} {root}
mount --bind {data} {root}/data
mount -t tmpfs tmpfs {root}/tmp
mount -t proc proc {root}/proc
mount --rbind /dev {root}/dev
mount -t sysfs sysfs {root}/sys || mount -t tmpfs tmpfs {root}/sys
mkdir -p {root}/sys/fs/cgroup
{cgroups}
mount -o remount,bind,ro {root}
exec chroot --userspec=1000:1000 {root} /usr/bin/env -i {variables} tini -- retender serve
"""


@contextmanager
def container(group: Group, root: str, data: Path, given: dict[str, str]) -> Iterator[int]:
    """Yields the process id of what started it: tini, its first process, is below."""
    variables = " ".join(f"'{name}={value}'" for name, value in given.items())
    script = CONTAINER.format(
        join=group.join(), root=root, data=data, cgroups=group.shown_at(root), variables=variables
    )
    with (
        (data.parent / "log").open("w+") as log,
        subprocess.Popen(
            ["unshare", *NAMESPACES, "sh", "-c", script], start_new_session=True, stderr=log
        ) as process,
    ):
        try:
            yield process.pid
        finally:
            for first in koyeb.children(process.pid):
                os.kill(first, signal.SIGTERM)
            try:
                status = process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                status = process.wait()
            if status:
                log.seek(0)
                print("".join(log.readlines()[-LOG_LINES:]), file=sys.stderr)
            print(f"  it stopped when told, with status      {status:4}", flush=True)


async def run(image: str, jobs: int) -> list[str]:
    """Prints what it takes. Returns the bars that are not kept."""
    with tempfile.TemporaryDirectory(prefix="retender-") as scratch, limited(MEMORY, CPU) as group:
        folder = Path(scratch)
        sounds, data = koyeb.recordings(folder), _data(folder)
        mounted = image_builder.Mounted(image)
        try:
            async with koyeb.stand_in() as (address, groq):
                port = koyeb.free_port()
                given = {**_of(image), **koyeb.settings(address, "/data", port)}
                begun = time.monotonic()
                with container(group, mounted.root, data, given) as process:
                    url = f"http://127.0.0.1:{port}"
                    memory = partial(koyeb.taken_by, process)
                    figures = await koyeb.measure(url, groq, sounds, begun, memory, jobs=jobs)
                    killed, charged = group.killed(), group.peak_with_cache()
        finally:
            mounted.remove()
    print("\n".join(figures.lines()))
    if charged is not None:
        print(f"  charged to the group, with its files {charged / 10**6:6.0f} MB")
    kept = {
        f"healthy within {HEALTHY_SECONDS:g} s": figures.healthy <= HEALTHY_SECONDS,
        f"a peak below {PEAK_BYTES / 10**6:g} MB": figures.peak <= PEAK_BYTES,
        f"5 MB done within {SMALL_SECONDS:g} s": figures.small <= SMALL_SECONDS,
        f"memory within {GROWTH:g} of itself over {jobs} jobs": figures.growth <= GROWTH,
        "nothing killed for its memory": killed == 0,
    }
    return [bar for bar, so in kept.items() if not so]


def _data(folder: Path) -> Path:
    """A folder that the user of the container reaches and owns."""
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    os.chown(data, 1000, 1000)
    return data


def _of(image: str) -> dict[str, str]:
    """What the image sets."""
    listed = image_builder.buildah(
        *(
            "inspect",
            "--type",
            "image",
            "--format",
            "{{range .OCIv1.Config.Env}}{{println .}}{{end}}",
        ),
        image,
    )
    return dict(line.split("=", 1) for line in listed.splitlines() if "=" in line)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mirror", default="http://deb.debian.org/debian")
    parser.add_argument("--images", default="koyeb,cpu", help=f"of {', '.join(IMAGES)}")
    parser.add_argument("--jobs", type=int, default=0)
    chosen = parser.parse_args()
    images = chosen.images.split(",")
    if not set(images) <= set(IMAGES):
        parser.error(f"there are only {', '.join(IMAGES)}")
    try:
        image_builder.check()
        with limited(MEMORY, CPU):
            pass
        image_builder.base(chosen.mirror)
        missed: list[str] = []
        for target in images:
            begun = time.monotonic()
            image = image_builder.build(target)
            took, size = time.monotonic() - begun, image_builder.size(image)
            print(f"image {target}: {size / 10**6:.0f} MB, built in {took:.0f} s", flush=True)
            if size > (most := IMAGE_BYTES.get(target, size)):
                missed.append(f"an image {target} below {most / 10**6:g} MB")
        if "koyeb" in images:
            print("the image koyeb with 512 MB and a tenth of a processor:", flush=True)
            missed += asyncio.run(run("localhost/retender:koyeb", chosen.jobs))
    except Missing as missing:
        print(f"This machine cannot check the images: {missing}", file=sys.stderr)
        return CANNOT
    except subprocess.CalledProcessError as failed:
        print(f"{failed.cmd[0]} failed: {failed}", file=sys.stderr)
        return 1
    for bar in missed:
        print(f"NOT KEPT: {bar}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
