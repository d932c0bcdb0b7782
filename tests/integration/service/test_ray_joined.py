"""On a Ray that was there before: what `ray_config.yaml` deploys, and who joins and goes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from deployments.ray_cluster import ray_environment
from deployments.serving.web import free_port
from tests.support.http.command import environment, until
from tests.support.http.deployed_service import Served, asking, end_of, hand_in, job, served
from tests.support.manifests import TOP
from tests.support.ray.cluster import OBJECT_STORE_BYTES
from tests.support.sound.speech import needs_speech, say
from tests.support.sound.undisturbed import ENGLISH, heard_alone
from tests.support.storage.long_texts import WORDS_IN_ALL, journal_of_ten_hours

pytestmark = [needs_speech, pytest.mark.ray]

BIN = Path(sys.executable).parent
HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data in it have the text of ten hours, which no message between processes can hold."""
    folder = tmp_path_factory.mktemp("service")
    (folder / "data").mkdir()
    asyncio.run(journal_of_ten_hours(folder / "data"))
    return folder


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, str]]:
    """What all processes of the cluster are told."""
    # Its name is short: sockets lie there, whose paths may not be long.
    with tempfile.TemporaryDirectory(prefix="retender-") as scratch:
        alone = ray_environment.for_lone_machine(HOST, Path(scratch))
        # A token that lies in the home folder is used by some of Ray's programs, not by all.
        yield ray_environment.to_serve() | alone | {"RAY_AUTH_MODE": "disabled"}


@pytest.fixture(scope="module")
def cluster(folder: Path, told: dict[str, str]) -> Iterator[str]:
    """Its address."""
    port = free_port(HOST)
    head = (
        *(BIN / "ray", "start", "--head", "--block", f"--port={port}", f"--node-ip-address={HOST}"),
        *("--num-cpus=4", "--include-dashboard=false"),
        f"--object-store-memory={OBJECT_STORE_BYTES}",
    )
    with running(*head, env=environment(folder / "data", **told), log=folder / "ray.log"):
        yield f"{HOST}:{port}"


@pytest.fixture(scope="module")
def port() -> int:
    """That of Serve: it keeps the first that it was told."""
    return free_port(HOST)


@contextmanager
def running(*command: object, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (
        log.open("ab") as lines,
        subprocess.Popen(
            [str(word) for word in command], env=env, stdout=lines, stderr=lines, cwd=log.parent
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


async def hears(url: str, words: str) -> bool:
    async with asking(url) as http:

        async def ready() -> bool:
            try:
                return (await http.get("/health/ready")).status_code == 200
            except httpx.HTTPError:
                return False

        await until(ready)
        done = await end_of(http, await hand_in(http, say(words).path, language="en"))
    heard: bool = done["result"]["text"] == heard_alone(say(words), ENGLISH).text
    return heard


async def test_who_joins_takes_away_nothing_but_itself_when_it_is_told_to_stop(
    cluster: str, folder: Path, told: dict[str, str], port: int
) -> None:
    settings = {**told, "RETENDER_PROFILE": "ray", "RAY_ADDRESS": cluster, "PORT": str(port)}
    with served(folder / "data", **settings) as service:
        assert await hears(service.url, "one two three")
        service.stop()
        assert service.ended() == 0
    assert_says_it_stopped(service)
    # The cluster is there still, and Serve with it: the next one finds both.
    with served(folder / "data", **settings) as service:
        assert await hears(service.url, "four five six")
        service.stop()
        assert service.ended() == 0


def assert_says_it_stopped(service: Served) -> None:
    assert service.messages[-1] == "stopped"


async def test_the_config_at_the_top_deploys_the_service(
    cluster: str, folder: Path, told: dict[str, str], port: int
) -> None:
    config = yaml.safe_load((TOP / "ray_config.yaml").read_text())
    config["http_options"]["port"] = port
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    command = (BIN / "serve", "run", folder / "config.yaml", f"--address={cluster}")
    given = environment(folder / "data", **told)
    with running(*command, env=given, log=folder / "serve.log"):
        assert await hears(f"http://{HOST}:{port}", "seven eight nine")
        async with asking(f"http://{HOST}:{port}") as http:
            kept = await job(http, "long")
        words = [word for each in kept["result"]["segments"] for word in each["words"]]
        assert len(words) == WORDS_IN_ALL
