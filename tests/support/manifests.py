"""The files by which the service is brought to containers and clusters, as tests read them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from deployments.ray_cluster.plan import Arguments
from deployments.settings import PREFIX, names
from tests.support.paths import PROJECT

TOP: Final = PROJECT
COMPOSE: Final = TOP / "deployments" / "compose"
KUBERAY: Final = TOP / "deployments" / "kuberay"
SCHEMAS: Final = Path(__file__).parent / "schemas"

Document = dict[str, Any]


def document(file: Path) -> Document:
    (only,) = documents(file)
    return only


def documents(file: Path) -> list[Document]:
    return list(yaml.safe_load_all(file.read_text()))


def commands(file: Path) -> list[str]:
    """What a page has its readers type, each continued line as one."""
    blocks: list[str] = re.findall(
        r"^ *```sh\n(.*?)^ *```", file.read_text(), re.DOTALL | re.MULTILINE
    )
    return [
        line.strip()
        for block in blocks
        for line in re.sub(r"\\\n\s*", "", block).splitlines()
        if line.strip()
    ]


def variables(file: Path) -> dict[str, str]:
    """Of an example of an environment file, those that are commented out among them."""
    found = re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", file.read_text(), re.MULTILINE)
    return dict(found)


def misspelt(said: set[str]) -> set[str]:
    """What looks like a setting and is none: nothing would start."""
    return {name for name in said if name.startswith(PREFIX)} - set(names())


class Instruction(NamedTuple):
    word: str
    said: str


def dockerfile() -> list[Instruction]:
    lines = [
        line for line in (TOP / "Dockerfile").read_text().splitlines() if not line.startswith("#")
    ]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [Instruction(*line.split(maxsplit=1)) for line in whole.splitlines() if line]


def said(word: str) -> list[str]:
    """What the Dockerfile says after this word, each time."""
    return [instruction.said for instruction in dockerfile() if instruction.word == word]


def targets() -> set[str]:
    """The stages that run as the service."""
    names = (text.split(" AS ") for text in said("FROM"))
    return {name for base, name in names if base == "service"}


def environment() -> dict[str, str]:
    """What the image sets."""
    pairs = (pair.partition("=") for text in said("ENV") for pair in text.split())
    return {name: value for name, _, value in pairs}


def service() -> Document:
    return document(KUBERAY / "rayservice.yaml")


def templates() -> dict[str, Document]:
    head = service()["spec"]["rayClusterConfig"]["headGroupSpec"]
    return {
        "head": head["template"],
        **{name: group["template"] for name, group in groups().items()},
    }


def arguments() -> Arguments:
    (application,) = yaml.safe_load(service()["spec"]["serveConfigV2"])["applications"]
    return Arguments.model_validate(application["args"])


def groups() -> dict[str, Document]:
    cluster = service()["spec"]["rayClusterConfig"]
    return {group["groupName"]: group for group in cluster["workerGroupSpecs"]}


def settings(template: Document) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in container(template)["env"]}


def container(template: Document) -> Document:
    (only,) = template["spec"]["containers"]
    return only  # type: ignore[no-any-return]  # what YAML says
