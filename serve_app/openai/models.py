"""Lists the models as OpenAI's clients read them: the service's models, then the known names."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from actors.manager.job_manager import JobManager
from retender.errors import InvalidOption
from serve_app.access.callers import Reader
from serve_app.description import answers
from serve_app.description.examples import example
from serve_app.openai.requests import DEFAULT_MODELS, GROQ_MODELS
from serve_app.openai.shapes import errors
from serve_app.state.services import Given, Services

router = APIRouter(tags=["OpenAI"])

_OWNER: Final = "retender"
_EXAMPLE: Final = {"id": "whisper-1", "object": "model", "created": 0, "owned_by": _OWNER}


class OpenAIModelShape(BaseModel):
    model_config = example(_EXAMPLE)

    id: str
    object: str
    created: int
    owned_by: str


class OpenAIModelListShape(BaseModel):
    model_config = example({"object": "list", "data": [_EXAMPLE]})

    object: str
    data: list[OpenAIModelShape]


_LOCKED: Final = {
    **errors(401, "unauthorized"),
    **errors(403, "forbidden"),
    **errors(503, "no_answer"),
}


@router.get("/models", responses={200: {"model": OpenAIModelListShape}, **_LOCKED})
async def models(services: Given, _caller: Reader) -> Response:
    return answers.json(
        {"object": "list", "data": [_model(name) for name in await names(services)]}
    )


@router.get(
    "/models/{name:path}",
    responses={200: {"model": OpenAIModelShape}, **errors(404, "model_not_found"), **_LOCKED},
)
async def model(name: str, services: Given, _caller: Reader) -> Response:
    if name not in await names(services):
        raise InvalidOption(f"model: there is no model {name!r}", field="model")
    return answers.json(_model(name))


async def names(services: Services) -> list[str]:
    """All models that a request may name."""
    infos = await services.manager.ask(JobManager.models)
    return [*(info.name for info in infos), *sorted(DEFAULT_MODELS | GROQ_MODELS)]


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": _OWNER}
