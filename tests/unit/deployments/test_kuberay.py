"""The manifests for Kubernetes hold by its schemas, and agree with the rest of the project.

Kubernetes' own kinds, and the pods inside a RayService, are read by the schemas that
`kubernetes-validate` carries; unknown fields are refused. `schemas/rayservice.yaml` is ours: it was
compared, field by field, with the definition that KubeRay 1.7 installs (ray.io/v1), which took the
manifest as well. What is said to Ray Serve is read by Ray's own schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import kubernetes_validate  # type: ignore[import-untyped]  # it says nothing of its types
import pytest
import yaml
from jsonschema import Draft202012Validator

from deployments.limits import INGRESS_CONNECTIONS
from deployments.ray_cluster import ray_environment
from deployments.ray_cluster.plan import Arguments
from deployments.serving.draining import STOP_SECONDS
from deployments.settings import SECRETS, names
from tests.support.manifests import (
    KUBERAY,
    SCHEMAS,
    TOP,
    Document,
    arguments,
    commands,
    container,
    document,
    documents,
    environment,
    groups,
    misspelt,
    said,
    service,
    settings,
    templates,
    variables,
)

KUBERNETES: Final = ("1.29", "1.37")
"""The oldest and the newest that is spoken to."""

LEAST_OBJECTS: Final = 78_643_200
"""Bytes: Ray starts with no less."""

DESCRIPTORS: Final = 65_536
"""KubeRay starts Ray with so many, and no more can be had (`ulimit -n`)."""

RAY: Final = {
    "RAY_SERVE_HAPROXY_MAXCONN",
    "RAY_SERVE_HAPROXY_BINARY_PATH",
    "RAY_AUTH_MODE",
    ray_environment.PASSES_CLIENT_ADDRESS,
}
"""What Ray itself is told on Kubernetes, beside what the image tells it."""

CLOSED: Final = {
    "Ray's books": 6379,
    "the dashboard": 8265,
    "clients of Ray": 10001,
    "the dashboard's agents": 52365,
    "HAProxy's metrics": 9101,
    "HAProxy's figures": 8404,
}

MANIFESTS: Final = [
    pytest.param(each, id=f"{each['kind']}/{each['metadata']['name']}")
    for file in sorted(KUBERAY.glob("*.yaml"))
    if file.name != "kustomization.yaml"
    for each in documents(file)
]


def kind(wanted: str) -> list[Document]:
    each: list[Document] = [param.values[0] for param in MANIFESTS]  # type: ignore[misc]  # ours
    return [manifest for manifest in each if manifest["kind"] == wanted]


def values(there: Any, name: str) -> Iterator[Any]:
    """Whatever stands under this name, at any depth."""
    if isinstance(there, dict):
        for key, value in there.items():
            if key == name:
                yield value
            yield from values(value, name)
    elif isinstance(there, list):
        for item in there:
            yield from values(item, name)


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("manifest", MANIFESTS)
def test_each_manifest_is_as_its_schema_wants_it(manifest: Document, version: str) -> None:
    if manifest["kind"] == "RayService":
        Draft202012Validator(document(SCHEMAS / "rayservice.yaml")).validate(manifest)
    else:
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("group", templates())
def test_each_pod_of_the_cluster_is_as_its_schema_wants_it(group: str, version: str) -> None:
    pod = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": group}}
    kubernetes_validate.validate({**pod, "template": templates()[group]}, version, strict=True)


def test_every_manifest_is_applied_but_the_example_of_a_way_in() -> None:
    applied = set(document(KUBERAY / "kustomization.yaml")["resources"])
    there = {file.name for file in KUBERAY.glob("*.yaml")}
    assert applied == there - {"kustomization.yaml", "ingress.yaml"}


def test_serve_is_told_the_same_as_by_the_config_at_the_top() -> None:
    here = yaml.safe_load(service()["spec"]["serveConfigV2"])
    top = document(TOP / "ray_config.yaml")
    for application in (*here["applications"], *top["applications"]):
        # What each gives its workers to work with is its own matter.
        Arguments.model_validate(application.pop("args"))
    # Here the port is open to the pods of others.
    top["http_options"]["host"] = "0.0.0.0"
    assert here == top
    assert here["http_options"]["request_timeout_s"] is None, "it would cut sockets off"


def test_serve_understands_what_it_is_told() -> None:
    schema = pytest.importorskip("ray.serve.schema")
    told = schema.ServeDeploySchema.model_validate(
        yaml.safe_load(service()["spec"]["serveConfigV2"])
    )
    assert [application.route_prefix for application in told.applications] == ["/"]


def test_the_cluster_is_of_the_version_that_the_image_has() -> None:
    locked = (TOP / "requirements" / "constraints.txt").read_text().splitlines()
    assert f"ray=={service()['spec']['rayClusterConfig']['rayVersion']}" in locked


@pytest.mark.parametrize("group", templates())
def test_each_setting_is_a_real_one_and_no_secret(group: str) -> None:
    given = set(settings(templates()[group]))
    assert given <= set(names()) | RAY
    assert not given & SECRETS


@pytest.mark.parametrize("group", templates())
def test_haproxy_is_started_by_the_script_that_the_image_has(group: str) -> None:
    starter = Path(settings(templates()[group])["RAY_SERVE_HAPROXY_BINARY_PATH"])
    assert starter.name == ray_environment.STARTER
    assert any(
        f"-m deployments.ray_cluster.ray_environment {starter.parent}" in text
        for text in said("RUN")
    )


@pytest.mark.parametrize("group", templates())
def test_haproxy_can_have_the_descriptors_that_it_asks_for(group: str) -> None:
    """Where it cannot, it does not start."""
    most = int(settings(templates()[group])["RAY_SERVE_HAPROXY_MAXCONN"])
    assert most == INGRESS_CONNECTIONS
    assert 2.5 * most + 1000 <= DESCRIPTORS


@pytest.mark.parametrize("group", templates())
def test_no_token_that_lies_in_the_shared_folder_parts_the_head_from_the_others(group: str) -> None:
    """The home of the image's user is that folder, and Ray looks for one there."""
    assert settings(templates()[group])["RAY_AUTH_MODE"] == "disabled"


def test_every_node_is_given_the_same_settings_and_secrets() -> None:
    for name in ("env", "envFrom"):
        head, *workers = (container(template)[name] for template in templates().values())
        assert all(worker == head for worker in workers)


def test_secrets_are_only_referred_to() -> None:
    assert kind("Secret") == []
    example = variables(KUBERAY / "secrets.env.example")
    assert misspelt(set(example)) == set()
    assert set(example) <= SECRETS
    assert not any(example.values())
    assert all(set(given) == {"valueFrom"} for given in values(service(), "redisPassword"))
    (redis,) = kind("StatefulSet")
    assert all(
        set(variable) == {"name", "valueFrom"} for each in values(redis, "env") for variable in each
    )


@pytest.mark.parametrize("template", [*templates().values(), *kind("StatefulSet")])
def test_no_pod_gets_the_names_of_services_for_settings(template: Document) -> None:
    """A Service called retender would put RETENDER_SERVICE_HOST into its environment."""
    assert list(values(template, "enableServiceLinks")) == [False]


@pytest.mark.parametrize("group", templates())
def test_nothing_runs_as_root_or_can_become_it(group: str) -> None:
    confined = container(templates()[group])["securityContext"]
    assert confined["runAsNonRoot"]
    assert not confined["allowPrivilegeEscalation"]
    assert confined["capabilities"] == {"drop": ["ALL"]}
    owner = templates()[group]["spec"]["securityContext"]
    assert set(said("USER")) == {f"{owner['runAsUser']}:{owner['runAsGroup']}"}


@pytest.mark.parametrize("group", templates())
def test_every_node_sees_the_same_data_where_the_image_has_it(group: str) -> None:
    (claim,) = kind("PersistentVolumeClaim")
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    template = templates()[group]
    (volume,) = template["spec"]["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    (mount,) = container(template)["volumeMounts"]
    assert mount == {"name": volume["name"], "mountPath": environment()["RETENDER_DATA_DIR"]}
    assert settings(template)["RETENDER_DATA_DIR"] == mount["mountPath"]


@pytest.mark.parametrize("group", templates())
def test_a_stop_may_take_as_long_as_it_does(group: str) -> None:
    given = settings(templates()[group])
    spec = templates()[group]["spec"]
    assert (
        spec["terminationGracePeriodSeconds"]
        > float(given["RETENDER_GRACE_SECONDS"]) + STOP_SECONDS
    )


def test_the_head_does_no_work_and_every_node_has_room_for_rays_objects() -> None:
    cluster = service()["spec"]["rayClusterConfig"]
    head = cluster["headGroupSpec"]["rayStartParams"]
    assert head["num-cpus"] == "0"
    for given in (head, *(group["rayStartParams"] for group in groups().values())):
        assert int(given["object-store-memory"]) >= LEAST_OBJECTS


def test_nothing_that_takes_requests_keeps_a_gpu_from_being_given_back() -> None:
    (door,) = arguments().replica_resources
    offered = {
        name: json.loads(json.loads(group["rayStartParams"].get("resources", '"{}"'))).get(door, 0)
        for name, group in groups().items()
    }
    assert offered["cpu"] >= arguments().replicas
    assert offered["gpu"] == 0


def test_a_gpu_is_asked_for_where_there_is_one_and_nowhere_else() -> None:
    for group, template in templates().items():
        limits = container(template)["resources"]["limits"]
        assert ("nvidia.com/gpu" in limits) == (group == "gpu"), group


def test_each_worker_has_room_in_its_group_and_none_without_a_gpu_settles_on_one() -> None:
    """It would keep that pod from being given back."""
    pools = arguments().pools
    cores = {
        name: float(
            group["rayStartParams"].get("num-cpus")
            or container(group["template"])["resources"]["limits"]["cpu"]
        )
        for name, group in groups().items()
    }
    assert {pool.gpus > 0 for pool in pools} == {True, False}
    for pool in pools:
        if pool.gpus:
            assert pool.cpus <= cores["gpu"]
        else:
            assert cores["gpu"] < pool.cpus <= cores["cpu"]


def test_changed_secrets_can_be_made_to_take_hold() -> None:
    """They are read once in a cluster's life. What is under the head's template is in the hash by
    which KubeRay decides that a new one is needed."""
    (name,) = templates()["head"]["metadata"]["annotations"]
    assert f"`{name}`" in (KUBERAY / "README.md").read_text()


def test_a_group_is_resized_in_the_cluster_that_runs_where_the_readme_says() -> None:
    (patch,) = [line for line in commands(KUBERAY / "README.md") if "patch raycluster" in line]
    (told,) = yaml.safe_load(patch.split("'")[1])
    *place, name = told["path"].removeprefix("/spec/").split("/")
    assert place == ["workerGroupSpecs", str(list(groups()).index("gpu"))]
    assert name in groups()["gpu"]
    assert isinstance(told["value"], int)


def test_it_is_taken_down_before_what_it_leans_on_and_nothing_is_left() -> None:
    given = [
        line
        for line in commands(KUBERAY / "README.md")
        if re.match(r"kubectl (delete|wait --for=delete) ", line)
    ]
    assert [" ".join(line.split()[1:3]) for line in given] == [
        "delete rayservice",
        "wait --for=delete",
        "delete -k",
        "delete pvc",
        "delete secret",
    ]
    _, waited, _, claim, secrets = given
    assert "raycluster --all" in waited
    (redis,) = kind("StatefulSet")
    (books,) = redis["spec"]["volumeClaimTemplates"]
    assert claim.split()[-1] == f"{books['metadata']['name']}-{redis['metadata']['name']}-0"
    made = [
        line.split()[4]
        for line in commands(KUBERAY / "README.md")
        if line.startswith("kubectl create secret generic")
    ]
    assert set(secrets.split()[3:]) == set(made)


def test_images_are_those_that_are_built_and_moved_together() -> None:
    (moved,) = document(KUBERAY / "kustomization.yaml")["images"]
    used = {container(template)["image"].split(":")[0] for template in templates().values()}
    assert used == {moved["name"]}


def test_the_parts_find_each_other_by_name() -> None:
    redis = service()["spec"]["rayClusterConfig"]["gcsFaultToleranceOptions"]["redisAddress"]
    (door,) = kind("Service")
    assert redis == f"redis://{door['metadata']['name']}:{door['spec']['ports'][0]['port']}"
    (ingress,) = kind("Ingress")
    (backend,) = values(ingress, "backend")
    assert backend["service"]["name"] == f"{service()['metadata']['name']}-serve-svc"
    assert backend["service"]["port"]["number"] == int(said("EXPOSE")[0])


def test_only_the_services_own_port_is_open_to_everyone() -> None:
    (policy,) = [
        each for each in kind("NetworkPolicy") if each["metadata"]["name"] == "retender-ray"
    ]
    labels = policy["spec"]["podSelector"]["matchLabels"]
    for template in templates().values():
        assert template["metadata"]["labels"] == labels
    rules = policy["spec"]["ingress"]
    open_ = [port["port"] for rule in rules if "from" not in rule for port in rule["ports"]]
    assert open_ == [int(said("EXPOSE")[0])]
    assert not set(open_) & set(CLOSED.values())
    whole = [rule["from"] for rule in rules if "ports" not in rule]
    assert whole == [[{"podSelector": {"matchLabels": labels}}]]


def test_redis_is_for_ray_alone() -> None:
    (ray, redis) = sorted(kind("NetworkPolicy"), key=lambda each: str(each["metadata"]["name"]))
    (rule,) = redis["spec"]["ingress"]
    assert rule["from"] == [{"podSelector": ray["spec"]["podSelector"]}]
    (port,) = rule["ports"]
    assert port["port"] == CLOSED["Ray's books"]
    (there,) = kind("StatefulSet")
    labels = there["spec"]["template"]["metadata"]["labels"]
    assert redis["spec"]["podSelector"]["matchLabels"] == labels


def test_the_budget_can_be_counted_without_a_scale() -> None:
    (budget,) = kind("PodDisruptionBudget")
    assert isinstance(budget["spec"]["minAvailable"], int)
    assert "maxUnavailable" not in budget["spec"]


def test_the_budget_lets_every_node_be_emptied() -> None:
    """Of the pods that it counts there is always one more than must stay."""
    (budget,) = kind("PodDisruptionBudget")
    counted = budget["spec"]["selector"]["matchLabels"].items()
    least = {name: group["minReplicas"] for name, group in groups().items()} | {"head": 1}
    there = sum(
        least[name]
        for name, template in templates().items()
        if counted <= template["metadata"]["labels"].items()
    )
    assert budget["spec"]["minAvailable"] < there
    (redis,) = kind("StatefulSet")
    assert not counted <= redis["spec"]["template"]["metadata"]["labels"].items()


def test_a_quiet_socket_and_a_long_upload_pass_the_way_in() -> None:
    (ingress,) = kind("Ingress")
    said_of = {
        name.removeprefix("nginx.ingress.kubernetes.io/"): value
        for name, value in ingress["metadata"]["annotations"].items()
    }
    assert int(said_of["proxy-read-timeout"]) >= 300
    assert int(said_of["proxy-send-timeout"]) >= 300
    assert said_of["proxy-body-size"] == "0"
    assert said_of["proxy-request-buffering"] == said_of["proxy-buffering"] == "off"
