"""The models. Retired names such as gpt-4-turbo are unknown, as at OpenAI."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from local.provider.checks import Json
from local.provider.errors import ApiError, bad_request, not_found
from local.provider.web import operations

_CREATED = 1_760_000_000
_SAMPLING_WITHOUT_REASONING = ("gpt-5.1", "gpt-5.2", "gpt-5.4")


@dataclass(frozen=True)
class Model:
    """A model, and whether it reasons."""

    id: str
    reasoning: bool
    shutdown_date: str | None

    def check_sampling(self, body: Json) -> None:
        """Raise the API's 400 for temperature or top_p with a reasoning model, and vice versa.

        A few reasoning models accept them while `reasoning.effort` is `none`.
        """
        effort = (body.get("reasoning") or {}).get("effort")
        names = ("temperature", "top_p")
        if not self.reasoning:
            refused = "reasoning.effort" if effort not in (None, "none") else None
        elif effort == "none" and self.id.startswith(_SAMPLING_WITHOUT_REASONING):
            refused = None
        else:
            refused = next((name for name in names if body.get(name) is not None), None)
        if refused:
            code = None if refused in names else "unsupported_parameter"
            message = f"Unsupported parameter: '{refused}' is not supported with this model."
            raise bad_request(message, refused, code)

    def rendered(self) -> Json:
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
        name: Model(name, facts["reasoning"], facts.get("shutdown_date"))
        for name, facts in data["models"].items()
    }


def find_model(name: str) -> Model:
    """Return a model. Raises `model_not_found` for unknown and retired names."""
    if (model := models().get(name)) is not None:
        return model
    message = f"The model `{name}` does not exist or you do not have access to it."
    raise ApiError(404, message, code="model_not_found")


def _list(_: object) -> Json:
    return {"object": "list", "data": [model.rendered() for model in models().values()]}


def _retrieve(_: object, name: str) -> Json:
    if name not in models():
        raise not_found(f"The model '{name}' does not exist", "model", "model_not_found")
    return models()[name].rendered()


routes = operations("/models", lambda provider: provider, {"GET ": _list, "GET /<name>": _retrieve})
