"""What the Dockerfile names is there. (That it can be built is seen by building it.)"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from deployments.ray_cluster import ray_environment
from deployments.settings import Settings
from serve_app.operations import health
from tests.support.manifests import TOP, dockerfile, environment, misspelt, said, targets

BUILT = "serve_app/page/dist"
"""Where the page is, once it is built."""


def copied() -> list[str]:
    """What goes from the checkout into the image."""
    return [
        source
        for text in said("COPY")
        if not text.startswith("--from")
        for source in text.split()[:-1]
    ]


def test_all_that_is_copied_is_there_and_sent_to_the_builder() -> None:
    sent = {
        line.removeprefix("!")
        for line in (TOP / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert copied()
    for source in copied():
        assert (TOP / source).exists() or source == BUILT, source
        assert any(Path(source).is_relative_to(each) for each in sent), source


def test_every_package_of_the_project_is_in_the_image() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= set(copied())


def test_the_extras_exist() -> None:
    extras = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = [
        extra
        for text in said("RUN")
        for some in re.findall(r'"\.\[(.*?)\]"', text)
        for extra in some.split(",")
    ]
    assert named
    assert set(named) <= set(extras)


def test_every_package_comes_by_the_lock() -> None:
    (install,) = [text for text in said("ENV") if text.startswith("INSTALL=")]
    assert "--constraint requirements/constraints.txt" in install
    assert not [text for text in said("RUN") if "pip install" in text]


def test_there_is_an_image_for_each_way_to_run_it() -> None:
    assert targets() == {"koyeb", "cpu", "gpu", "ray"}


def test_the_smallest_image_has_only_what_groq_needs() -> None:
    stages = "\n".join(f"{word} {text}" for word, text in dockerfile())
    (koyeb,) = re.findall(r"^FROM service AS koyeb$(.*?)^FROM", stages, re.DOTALL | re.MULTILINE)
    assert re.findall(r"--from=([\w-]+)", koyeb) == ["packages"]
    (packages,) = re.findall(r"AS packages$(.*?)^FROM", stages, re.DOTALL | re.MULTILINE)
    assert re.findall(r"\$INSTALL (.+)", packages) == ["."]


def test_each_setting_is_a_real_one() -> None:
    assert misspelt(set(environment())) == set()


def test_ray_is_told_the_same_as_on_a_machine_alone(tmp_path: Path) -> None:
    told = {**ray_environment.to_serve(), **ray_environment.for_lone_machine("127.0.0.1", tmp_path)}
    said_here = {
        name: value for name, value in environment().items() if name.upper().startswith("RAY_")
    }
    assert said_here == {name: told.get(name) for name in said_here}
    assert {
        "RAY_SERVE_ENABLE_HA_PROXY",
        "RAY_SERVE_THROUGHPUT_OPTIMIZED",
        "RAY_task_events_report_interval_ms",
        "RAY_USAGE_STATS_ENABLED",
    } <= set(said_here)


def test_how_many_connections_there_may_be_is_left_to_where_it_runs() -> None:
    """What the service reckons from the container's own limit would give way to it."""
    assert "RAY_SERVE_HAPROXY_MAXCONN" not in environment()


def test_the_port_the_data_and_the_health_are_those_of_the_service() -> None:
    settings = Settings.model_validate({"RETENDER_DATA_DIR": environment()["RETENDER_DATA_DIR"]})
    assert said("EXPOSE") == [str(settings.port)]
    assert [Path(text) for text in said("VOLUME")] == [settings.data_dir]
    (check,) = said("HEALTHCHECK")
    asked = re.search(rf":\$\{{PORT:-{settings.port}\}}(/[a-z/]*)", check)
    assert asked is not None
    assert asked[1] in {getattr(route, "path", "") for route in health.router.routes}


def test_it_is_the_command_that_is_started_and_not_as_root() -> None:
    scripts = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["scripts"]
    (entry,) = said("ENTRYPOINT")
    init, end, command = json.loads(entry)
    assert (init, end) == ("tini", "--"), "what ends is reaped"
    assert command in scripts
    users = said("USER")
    assert len(users) == len(targets())
    assert all(re.fullmatch(r"[1-9]\d*:[1-9]\d*", user) for user in users)
