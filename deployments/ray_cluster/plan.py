"""What is the same on every cluster: its arguments, and the tree they ask for. Knows no Ray."""

from __future__ import annotations

import math
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from actors.runtime.api import Needs, Recipe, Spawn
from actors.runtime.process.frames import likeness
from actors.tree import root
from actors.workers.transcriber_pool import PoolSettings
from deployments.limits import INGRESS_CONNECTIONS
from deployments.logs import configuration
from deployments.serving.local import SystemClock, tree
from deployments.settings import SECRETS, BadSetting, Settings, read
from deployments.wiring import groq, recognition, storage
from deployments.wiring.child_processes import step_back
from deployments.wiring.journals import journal
from deployments.wiring.keys import keyring
from deployments.wiring.resources import Resources, resources
from deployments.wiring.webhooks import webhooks
from deployments.wiring.whisper import whisper
from retender.engines.faster_whisper.engine import WhisperEngine
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.scheduling.engine_choice import LOCAL, dedicated_engine
from retender.scheduling.pool_size import Bounds

HOST = "ray"

BESIDE_THE_HEAD = Needs(others={"node:__internal_head__": 0.001})
"""Where a journal stays with its disk, no worker's hunger for memory reaches, and nobody keeps a
machine that is rented by the hour from being given back. The name is Ray's."""

GIGABYTE = 1_000_000_000


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pool(_Strict):
    """Workers of one kind, each in a process of its own. Their number follows the audio that
    waits for them."""

    model: str = Field(
        default="", description="For jobs with this model alone; empty: for all others."
    )
    least: int = Field(default=1, ge=0)
    most: int = Field(default=1, ge=1)
    seconds_per_worker: float = Field(
        default=60.0, gt=0, description="Of audio waiting, for one more."
    )
    idle_seconds: float = Field(
        default=60.0, gt=0, description="A worker too many for so long goes."
    )
    cpus: float = Field(default=1.0, ge=0, description="Of its node, for each worker.")
    gpus: float = Field(default=0.0, ge=0, description="Likewise; 0.5 is half of one.")
    memory_gb: float = Field(default=0.0, ge=0, description="Likewise; 0: not reckoned with.")
    resources: dict[str, float] = Field(
        default={}, description="Likewise, of the cluster's own kinds."
    )


class Arguments(_Strict):
    """What `ray_config.yaml` says to the application."""

    settings: dict[str, str] = Field(
        default={}, description="By the names they have in the environment, which they go before."
    )
    namespace: str = Field(default="retender", description="Two services on one cluster have two.")
    replicas: int = Field(
        default=1, ge=1, description="Processes that take uploads and feed clients."
    )
    connections: int = Field(
        default=INGRESS_CONNECTIONS, ge=1, description="At each, sockets included."
    )
    replica_resources: dict[str, float] = Field(
        default={}, description="Each takes them up of its node, of the cluster's own kinds."
    )
    pools: tuple[Pool, ...] = (Pool(),)


class ClusterPlan(NamedTuple):
    """All that the processes of one deployment must agree on, made in one place."""

    settings: Settings
    arguments: Arguments
    root: Spawn
    likeness: bytes
    """What the root is known by, which is all that it is made from, but for when it began."""
    pools: tuple[PoolSettings, ...]
    prepare: Recipe
    ticket_secret: bytes
    alone: bool
    """Its Ray is this machine's own."""
    closed: bool
    """A key is asked for. Whoever sees none, then, does not see where they lie."""

    @classmethod
    def read(cls, arguments: Arguments, environment: Mapping[str, str] = os.environ) -> Self:
        """Raises `BadSetting`."""
        told = sorted(SECRETS.intersection(arguments.settings))
        if told:
            raise BadSetting(
                f"{told[0]} stands in the arguments of the application, which anyone can read who "
                "may ask Ray Serve how it is: set it in the environment of the cluster's nodes"
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
            there, webhooks=webhooks(settings), host=HOST, needs=BESIDE_THE_HEAD
        )
        born = msgspec.structs.replace(there, journal=journal(settings, time.time()))
        # Ray gives its processes streams that would pass for terminals.
        style = configuration.settled(settings.log_format)
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
        found.append(msgspec.structs.replace(rented, host=HOST, needs=BESIDE_THE_HEAD))
    return tuple(found)


def for_this_machine(found: Resources, settings: Settings) -> Pool:
    """One worker with all of it: its lanes share the weights of the model."""
    return Pool(cpus=found.cores, gpus=float(found.gpu and settings.device != "cpu"))


def without_a_place(
    pools: Sequence[PoolSettings], rooms: Sequence[Mapping[str, float]]
) -> list[str]:
    """What is to be said of workers that none of these machines has room for. A room is what one
    of them has, by Ray's names."""
    return [
        f"no machine of this cluster has what each worker of {pool.name} needs "
        f"({pool.needs.told}): they wait until one has"
        for pool in pools
        if not any(_fits(pool.needs, room) for room in rooms)
    ]


def _fits(needs: Needs, room: Mapping[str, float]) -> bool:
    wanted = {"CPU": needs.cpus, "GPU": needs.gpus, "memory": needs.memory, **needs.others}
    return all(room.get(sort, 0.0) >= much for sort, much in wanted.items())


def _pool(settings: Settings, wanted: Pool) -> PoolSettings:
    cores = max(1, math.floor(wanted.cpus))
    there = Resources(memory=0, cores=cores, gpu=wanted.gpus > 0)
    how = whisper(settings, there)
    if wanted.model:
        how = msgspec.structs.replace(how, default=wanted.model)
    recipe = Recipe.of(
        engine,
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


def engine(
    settings: WhisperSettings | dict[str, Any], *, memory: int, **others: Any
) -> WhisperEngine:
    """Made on the node where the worker has come to live: what memory there is only it knows."""
    step_back()
    how = msgspec.convert(settings, WhisperSettings)
    if how.device == "cpu":
        how = msgspec.structs.replace(how, memory=memory or resources().memory)
    return recognition.engine(how, **others)
