"""Tools for the tests of the registry."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from understudy.tools.registry import (
    ServerTool,
    ToolContext,
    server_tool,
)


class Place(BaseModel):
    """A location."""

    city: str
    title: str | None = None


@server_tool()
def everything(
    context: ToolContext,
    number: int,
    ratio: float = 0.5,
    words: list[str] | None = None,
    mode: Literal["a", "b"] = "a",
    place: Place | None = None,
    size: Annotated[int, Field(ge=1, le=9)] = 1,
) -> Any:
    """Does everything
    at once.

    Second paragraph.

    Args:
        number: How many,
            in pieces.
        mode (str): Which way.

    Returns:
        Nothing for the model to read here.
    """
    return {"number": number, "tenant": context.tenant, "place": place, "size": size}


def answering(function: Callable[[], Any], **options: Any) -> ServerTool:
    def answer() -> Any:
        """Returns a result."""
        return function()

    return server_tool(**options)(answer)
