"""The compose file: it says what can be said, and what it promises of ports, keys and stops."""

from __future__ import annotations

import re

import pytest
from jsonschema import Draft202012Validator

from deployments.serving.draining import STOP_SECONDS
from deployments.settings import SECRETS, Settings, names
from tests.support.manifests import (
    COMPOSE,
    SCHEMAS,
    TOP,
    Document,
    commands,
    document,
    misspelt,
    said,
    targets,
    variables,
)


@pytest.fixture
def compose() -> Document:
    return document(COMPOSE / "compose.yaml")


def test_it_says_only_what_compose_knows(compose: Document) -> None:
    Draft202012Validator(document(SCHEMAS / "compose.yaml")).validate(compose)


def test_each_setting_is_a_real_one(compose: Document) -> None:
    example = variables(COMPOSE / ".env.example")
    assert misspelt(set(compose["services"]["retender"]["environment"]) | set(example)) == set()


def test_all_that_can_be_chosen_stands_in_the_example(compose: Document) -> None:
    chosen = set(re.findall(r"\$\{([A-Z_]+)", (COMPOSE / "compose.yaml").read_text()))
    assert chosen <= set(variables(COMPOSE / ".env.example"))


def test_no_secret_is_written_down(compose: Document) -> None:
    hidden = SECRETS | {"POSTGRES_PASSWORD"}
    given = [
        (name, value)
        for service in compose["services"].values()
        for name, value in service.get("environment", {}).items()
        if name in hidden
    ]
    assert given
    assert all(re.fullmatch(rf"\$\{{{name}[:?-].*\}}", value) for name, value in given)
    example = variables(COMPOSE / ".env.example")
    filled = [example[name] for name in hidden & set(example) if example[name]]
    assert all(":${POSTGRES_PASSWORD}@" in value for value in filled)


def test_keys_must_be_spoken_of_before_it_starts(compose: Document) -> None:
    given = compose["services"]["retender"]["environment"]["RETENDER_API_KEYS"]
    assert given.startswith("${RETENDER_API_KEYS?")


def test_only_the_services_own_port_is_published_and_to_this_machine(compose: Document) -> None:
    service = compose["services"]["retender"]
    port = Settings.model_validate({}).port
    (published,) = service["ports"]
    assert published.endswith(f":{port}")
    assert published.startswith("${PUBLISH_ON:-127.0.0.1}:")
    assert service["environment"]["PORT"] == str(port)
    assert [name for name, other in compose["services"].items() if "ports" in other] == ["retender"]


def test_it_keeps_its_data_in_a_volume_where_the_image_has_it(compose: Document) -> None:
    service = compose["services"]["retender"]
    kept = [volume.split(":") for volume in service["volumes"]]
    assert [place for _, place in kept] == said("VOLUME")
    assert service["environment"]["RETENDER_DATA_DIR"] in said("VOLUME")
    assert {name for name, _ in kept} <= set(compose["volumes"])


def test_it_builds_one_of_the_images_that_there_are(compose: Document) -> None:
    build = compose["services"]["retender"]["build"]
    usual = re.fullmatch(r"\$\{TARGET:-([a-z]+)\}", build["target"])
    assert usual is not None
    assert usual[1] in targets()
    assert ((COMPOSE / build["context"]) / "Dockerfile").is_file()


def test_a_stop_may_take_as_long_as_it_does(compose: Document) -> None:
    grace = Settings.model_fields[names()["RETENDER_GRACE_SECONDS"]].default
    given = compose["services"]["retender"]["stop_grace_period"]
    assert float(given.removesuffix("s")) > grace + STOP_SECONDS


def test_whoever_asks_at_once_has_waited_until_it_is_healthy(compose: Document) -> None:
    (asks,) = [
        line for line in commands(TOP / "README.md") if "compose up" in line and "curl" in line
    ]
    up, _, _ = asks.partition("&&")
    assert "--wait" in up.split()
    assert said("HEALTHCHECK")
    assert "healthcheck" not in compose["services"]["retender"], "the image's own is waited for"


def test_the_service_can_neither_gain_rights_nor_change_its_image(compose: Document) -> None:
    service = compose["services"]["retender"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"]
    assert [each.split(":")[0] for each in service["tmpfs"]] == ["/tmp"]


def test_each_container_is_bounded_and_comes_back(compose: Document) -> None:
    for name, service in compose["services"].items():
        assert {"mem_limit", "cpus"} <= set(service), name
        assert service["restart"] == "unless-stopped", name
