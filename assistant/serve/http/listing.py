"""GET /v1/models: what is in use, with licences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from assistant.engines import ModelInUse
from assistant.serve.errors import RequestError
from assistant.serve.service import Service
from models.types import Stage


def routes(service: Service) -> APIRouter:
    """The routes, for one server."""
    router = APIRouter()

    @router.get("/v1/models")
    async def models() -> Mapping[str, Any]:
        return {"object": "list", "data": list(_models(service).values())}

    @router.get("/v1/models/{name:path}")
    async def model(name: str) -> Mapping[str, Any]:
        known = _models(service)
        if name not in known:
            raise RequestError(404, "model_not_found", f'This server has no model "{name}".', param="model")
        return known[name]

    return router


def _models(service: Service) -> Mapping[str, Mapping[str, Any]]:
    """By name. Beside what OpenAI's list has: stages, licence, and of voices the names under which they speak."""
    found: dict[str, dict[str, Any]] = {}
    for stage, model in service.stages.models().items():
        found.setdefault(model.name, _model(service, model))["stages"].append(stage)
    for voice, model in service.stages.voices().items():
        entry = found.setdefault(model.name, _model(service, model, "tts"))
        entry.setdefault("voices", []).append(voice)
    return found


def _model(service: Service, model: ModelInUse, *stages: Stage) -> dict[str, Any]:
    return {
        "id": model.name,
        "object": "model",
        "created": round(service.started_s),  # of the process that owns it
        "owned_by": "assistant",
        "stages": list(stages),
        "licence": model.licence,
    }
