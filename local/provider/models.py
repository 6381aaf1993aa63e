"""The models. Retired names such as gpt-4-turbo are unknown, as at OpenAI."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint

from local.provider.errors import ApiError, not_found, unsupported_parameter

routes = Blueprint("models", __name__)

_CREATED = 1_760_000_000
_SAMPLING_WITHOUT_REASONING = ("gpt-5.1", "gpt-5.2", "gpt-5.4")


@dataclass(frozen=True)
class Model:
    """A model: its limit of input tokens, and whether it reasons."""

    id: str
    input_limit: int
    reasoning: bool
    shutdown_date: str | None

    def check_sampling(self, body: dict[str, Any]) -> None:
        """Raise the API's 400 for temperature or top_p with a reasoning model.

        A few models accept them while `reasoning.effort` is `none`.
        """
        effort = (body.get("reasoning") or {}).get("effort")
        if not self.reasoning:
            if effort not in (None, "none"):
                raise unsupported_parameter("reasoning.effort")
            return
        if effort == "none" and self.id.startswith(_SAMPLING_WITHOUT_REASONING):
            return
        for name in ("temperature", "top_p"):
            if body.get(name) is not None:
                raise unsupported_parameter(name, code=None)

    def rendered(self) -> dict[str, Any]:
        """Return the API object."""
        return {
            "id": self.id,
            "object": "model",
            "created": _CREATED,
            "owned_by": "openai",
            "shutdown_date": self.shutdown_date,
        }


@cache
def models() -> dict[str, Model]:
    """Return all models by id."""
    data = json.loads(Path(__file__).with_name("models.json").read_text(encoding="utf-8"))
    return {
        name: Model(name, facts["input"], facts["reasoning"], facts.get("shutdown_date"))
        for name, facts in data["models"].items()
    }


def find_model(name: str, status: int = 404) -> Model:
    """Return a model. Raises `model_not_found` for unknown and retired names."""
    if (model := models().get(name)) is not None:
        return model
    message = f"The model `{name}` does not exist or you do not have access to it."
    raise ApiError(status, message, code="model_not_found")


@routes.get("/models")
def list_models() -> dict[str, Any]:
    """List all models."""
    return {"object": "list", "data": [model.rendered() for model in models().values()]}


@routes.get("/models/<name>")
def retrieve_model(name: str) -> dict[str, Any]:
    """Retrieve one model."""
    if name not in models():
        raise not_found(f"The model '{name}' does not exist", "model", "model_not_found")
    return models()[name].rendered()
