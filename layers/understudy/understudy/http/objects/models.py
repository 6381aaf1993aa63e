"""Models, and the server-side tools of a deployment."""

from typing import Any, Literal

from typing_extensions import TypedDict


class ModelObject(TypedDict):
    """A name that assistants and runs may have as their model."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


def model_object(name: str, created: int) -> ModelObject:
    """Returns a model; `created` is the day of the price table, in Unix seconds."""
    return {"id": name, "object": "model", "created": created, "owned_by": "openai"}


class ToolObject(TypedDict):
    """A server-side function, ready to be one of an assistant's tools."""

    type: Literal["function"]
    function: dict[str, Any]
