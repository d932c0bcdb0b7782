"""The tree of actors, for those who look after the service."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from actors.supervision.children import TreeNode
from actors.supervision.supervisor import Supervisor
from retender.errors import ActorGone, NoAnswer
from retender.jobs.events import iso
from serve_app.access.callers import Overseer
from serve_app.description import answers
from serve_app.description.examples import example
from serve_app.state.services import Given

router = APIRouter(tags=["health"])

ANSWER_SECONDS: Final = 2.0


class ActorShape(BaseModel):
    name: str
    depth: int = Field(description="0: the root; 1: one that it supervises, and so on.")
    state: str = Field(description="`running`, or why it is not.")
    restarts: int
    cause: str | None = Field(description="Why it ended last; null: it has not.")
    since: str = Field(description="When it came into this state.")


class ActorsShape(BaseModel):
    model_config = example(
        {
            "actors": [
                {
                    "name": "root",
                    "depth": 0,
                    "state": "running",
                    "restarts": 0,
                    "cause": None,
                    "since": "2026-11-02T09:30:00.000Z",
                },
                {
                    "name": "transcriber_pool",
                    "depth": 1,
                    "state": "running",
                    "restarts": 1,
                    "cause": "killed by signal 9",
                    "since": "2026-11-02T09:41:12.000Z",
                },
            ]
        }
    )

    actors: list[ActorShape]


@router.get(
    "/actors",
    responses={200: {"model": ActorsShape}, **answers.errors(ActorGone, NoAnswer)},
)
async def actors(services: Given, caller: Overseer) -> Response:  # noqa: ARG001 - who may see them
    """The actors in the order of their supervision, each after its supervisor: their states, how
    often they were restarted, and why they last ended."""
    root = services.root.within(ANSWER_SECONDS)
    tree = await root.ask(Supervisor.describe, ANSWER_SECONDS / 2)
    return answers.json({"actors": [_actor(node, depth) for depth, node in tree.walk()]})


def _actor(node: TreeNode, depth: int) -> dict[str, Any]:
    return {
        "name": node.name,
        "depth": depth,
        "state": node.state,
        "restarts": node.restarts,
        "cause": node.cause or None,
        "since": iso(node.since),
    }
