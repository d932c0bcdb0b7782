"""The plan of a deployment: its arguments, and the tree made from them. Imports no Ray."""

from __future__ import annotations

import math
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import NamedTuple, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from actors.runtime.api import Needs, Recipe, Spawn
from actors.runtime.process.frames import likeness
from actors.tree import root
from actors.workers.transcriber_pool import PoolSettings
from deployments.limits import INGRESS_CONNECTIONS
from deployments.logs import configuration
from deployments.serving.local import tree
from deployments.settings import SECRETS, BadSetting, Settings, read
from deployments.wiring import groq, recognition, storage
from deployments.wiring.clock import SystemClock
from deployments.wiring.convex import convex
from deployments.wiring.journals import journal
from deployments.wiring.keys import keyring
from deployments.wiring.resources import Resources
from deployments.wiring.traces import traces
from deployments.wiring.webhooks import webhooks
from deployments.wiring.whisper import whisper
from deployments.wiring.whisper_engine import engine_on_node
from retender.scheduling.engine_choice import LOCAL, dedicated_engine
from retender.scheduling.pool_size import Bounds
from serve_app.settings import rate_limits

HOST = "ray"

ON_HEAD_NODE = Needs(others={"node:__internal_head__": 0.001})
"""The head node: the journal stays with its disk, workers take no memory there, and rented worker
nodes can be removed. The name is Ray's."""

GIGABYTE = 1_000_000_000


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pool(_Strict):
    """Workers of one kind, each in its own process. Their number follows the waiting audio."""

    model: str = Field(default="", description="Only jobs with this model; empty: all other jobs.")
    least: int = Field(default=1, ge=0)
    most: int = Field(default=1, ge=1)
    seconds_per_worker: float = Field(
        default=60.0, gt=0, description="Seconds of waiting audio for each further worker."
    )
    idle_seconds: float = Field(
        default=60.0, gt=0, description="A surplus worker stops after so many seconds."
    )
    cpus: float = Field(default=1.0, ge=0, description="CPUs of its node for each worker.")
    gpus: float = Field(default=0.0, ge=0, description="GPUs for each worker; 0.5 is half a GPU.")
    memory_gb: float = Field(default=0.0, ge=0, description="GB for each worker; 0: not reserved.")
    resources: dict[str, float] = Field(
        default={}, description="Custom Ray resources for each worker."
    )


class Arguments(_Strict):
    """The `args` of the application in `ray_config.yaml`."""

    settings: dict[str, str] = Field(
        default={}, description="Settings by their names in the environment; they override it."
    )
    namespace: str = Field(default="retender", description="Each service on a cluster has its own.")
    replicas: int = Field(
        default=1, ge=1, description="Ingress processes, for HTTP and WebSockets."
    )
    connections: int = Field(
        default=INGRESS_CONNECTIONS,
        ge=1,
        description="Of each replica, WebSockets included.",
    )
    replica_resources: dict[str, float] = Field(
        default={}, description="Custom Ray resources for each replica."
    )
    pools: tuple[Pool, ...] = (Pool(),)


class ClusterPlan(NamedTuple):
    """Everything that the processes of one deployment must share."""

    settings: Settings
    arguments: Arguments
    root: Spawn
    likeness: bytes
    """Fingerprint of what the root is made from, except its start time."""
    pools: tuple[PoolSettings, ...]
    prepare: Recipe
    ticket_secret: bytes
    alone: bool
    """True if Ray was started for this service on this machine alone."""
    closed: bool
    """True if a key is required, even on a node that does not see the key file."""

    @classmethod
    def read(cls, arguments: Arguments, environment: Mapping[str, str] = os.environ) -> Self:
        """Raises `BadSetting`."""
        told = sorted(SECRETS.intersection(arguments.settings))
        if told:
            raise BadSetting(
                f"{told[0]} is among the arguments of the application, which anyone with access to "
                "Ray Serve's status can read: set it in the environment of the cluster's nodes"
            )
        settings = read({**environment, **arguments.settings})
        return cls.of(settings, arguments, pools(settings, arguments.pools))

    @classmethod
    def of(
        cls,
        settings: Settings,
        arguments: Arguments,
        pools: Sequence[PoolSettings],
        *,
        alone: bool = False,
    ) -> Self:
        there = tree(settings, pools)
        there = msgspec.structs.replace(
            there,
            webhooks=webhooks(settings),
            convex=convex(settings),
            traces=traces(settings),
            rate_limits=rate_limits(settings.rate_limit),
            host=HOST,
            needs=ON_HEAD_NODE,
        )
        born = msgspec.structs.replace(there, journal=journal(settings, time.time()))
        # The streams of Ray's processes look like terminals.
        style = configuration.resolve_style(settings.log_format)
        prepare = Recipe.of(configuration.configure, level=settings.log_level, style=style)
        known_by = likeness(root(there).recipe, prepare, version=version("retender"))
        return cls(
            settings=settings,
            arguments=arguments,
            root=root(born),
            likeness=known_by,
            pools=tuple(pools),
            prepare=prepare,
            ticket_secret=secrets.token_bytes(32),
            alone=alone,
            closed=not keyring(settings).open,
        )


CLOCK = Recipe.of(SystemClock)


def pools(settings: Settings, wanted: Sequence[Pool]) -> tuple[PoolSettings, ...]:
    found: list[PoolSettings] = []
    if recognition.installed():
        recognition.check(settings, *(each.model for each in wanted if each.model))
        found += [_pool(settings, each) for each in wanted]
    if groq.set_up(settings):
        rented = groq.pool(settings)
        found.append(msgspec.structs.replace(rented, host=HOST, needs=ON_HEAD_NODE))
    return tuple(found)


def for_this_machine(found: Resources, settings: Settings) -> Pool:
    """One worker with all cores: its lanes share the model's memory."""
    return Pool(cpus=found.cores, gpus=float(found.gpu and settings.device != "cpu"))


def unplaceable(pools: Sequence[PoolSettings], nodes: Sequence[Mapping[str, float]]) -> list[str]:
    """Warnings about workers that fit on none of the nodes. A node is given by its resources, under
    Ray's names."""
    return [
        f"no machine of this cluster has what each worker of {pool.name} needs "
        f"({pool.needs.told}): they wait until one has"
        for pool in pools
        if not any(_fits(pool.needs, node) for node in nodes)
    ]


def _fits(needs: Needs, node: Mapping[str, float]) -> bool:
    wanted = {"CPU": needs.cpus, "GPU": needs.gpus, "memory": needs.memory, **needs.others}
    return all(node.get(sort, 0.0) >= much for sort, much in wanted.items())


def _pool(settings: Settings, wanted: Pool) -> PoolSettings:
    cores = max(1, math.floor(wanted.cpus))
    there = Resources(memory=0, cores=cores, gpu=wanted.gpus > 0)
    how = whisper(settings, there)
    if wanted.model:
        how = msgspec.structs.replace(how, default=wanted.model, fallback="")
    recipe = Recipe.of(
        engine_on_node,
        settings=how,
        memory=int(wanted.memory_gb * GIGABYTE),
        serves=dedicated_engine(LOCAL, wanted.model),
        preparation=recognition.preparation(settings),
        **storage.place(settings),
    )
    name = f"_{wanted.model}" if wanted.model else ""
    return PoolSettings(
        engine=recipe,
        serves=dedicated_engine(LOCAL, wanted.model),
        name=f"transcriber_pool{name}",
        workers=f"transcriber{name}",
        host=HOST,
        bounds=Bounds(
            least=wanted.least,
            most=wanted.most,
            seconds_per_worker=wanted.seconds_per_worker,
            idle_seconds=wanted.idle_seconds,
        ),
        needs=Needs(
            cpus=wanted.cpus,
            gpus=wanted.gpus,
            memory=int(wanted.memory_gb * GIGABYTE),
            others=wanted.resources,
        ),
    )
