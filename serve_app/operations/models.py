"""Routes that list the models, load them into memory, and unload them."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from actors.manager.job_manager import JobManager
from retender.engines.models.overview import ModelHolder, ModelInfo
from retender.errors import EngineUnavailable, InvalidOption
from retender.jobs.events import iso
from serve_app.access.callers import Admin, Reader
from serve_app.description import answers
from serve_app.description.examples import example
from serve_app.state.services import Given

router = APIRouter(tags=["models"])


class HolderShape(BaseModel):
    worker: str
    state: str
    precision: str
    memory_bytes: int
    since: str
    in_use: int
    idle_seconds: float
    percent: int | None
    trouble: str | None


class ModelShape(BaseModel):
    name: str
    default: bool
    downloaded: bool
    disk_bytes: int
    million_parameters: int | None
    loaded: bool
    workers: list[HolderShape]


class ModelsShape(BaseModel):
    model_config = example(
        {
            "models": [
                {
                    "name": "medium",
                    "default": True,
                    "downloaded": True,
                    "disk_bytes": 1_530_000_000,
                    "million_parameters": 769,
                    "loaded": True,
                    "workers": [
                        {
                            "worker": "pool/local/0",
                            "state": "loaded",
                            "precision": "int8",
                            "memory_bytes": 910_000_000,
                            "since": "2025-06-01T09:30:00.250Z",
                            "in_use": 1,
                            "idle_seconds": 0.0,
                            "percent": None,
                            "trouble": None,
                        }
                    ],
                }
            ]
        }
    )

    models: list[ModelShape]


class ModelCommandShape(BaseModel):
    model_config = example({"model": "medium", "workers": ["pool/local/0"]})

    model: str
    workers: list[str]


_ERRORS: Final = answers.errors(InvalidOption, EngineUnavailable)


@router.get("/models", responses={200: {"model": ModelsShape}})
async def models(services: Given, _caller: Reader) -> Response:
    """All models that a job may name: those in memory first, then those on disk."""
    infos = await services.manager.ask(JobManager.models)
    return answers.json({"models": [_model(info) for info in infos]})


@router.post(
    "/models/{name}/load",
    status_code=202,
    responses={202: {"model": ModelCommandShape}, **_ERRORS},
)
async def load(name: str, services: Given, _caller: Admin) -> Response:
    """Load a model before a job needs it, and download it if it is not on disk. Jobs go on
    meanwhile. `GET /models` shows the progress."""
    workers = await services.manager.ask(JobManager.load_model, name)
    return answers.json({"model": name, "workers": workers}, 202)


@router.delete(
    "/models/{name}", status_code=202, responses={202: {"model": ModelCommandShape}, **_ERRORS}
)
async def unload(name: str, services: Given, _caller: Admin) -> Response:
    """Free the model's memory once no job uses it. Its files stay."""
    workers = await services.manager.ask(JobManager.unload_model, name)
    return answers.json({"model": name, "workers": workers}, 202)


def _model(info: ModelInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "default": info.default,
        "downloaded": info.downloaded,
        "disk_bytes": info.on_disk,
        "million_parameters": info.millions,
        "loaded": any(holder.held.state == "loaded" for holder in info.holders),
        "workers": [_holder(holder) for holder in info.holders],
    }


def _holder(holder: ModelHolder) -> dict[str, Any]:
    held = holder.held
    return {
        "worker": holder.worker,
        "state": str(held.state),
        "precision": held.precision,
        "memory_bytes": held.bytes,
        "since": iso(holder.since),
        "in_use": held.users,
        "idle_seconds": round(held.idle_for, 1),
        "percent": held.percent,
        "trouble": held.trouble or None,
    }
