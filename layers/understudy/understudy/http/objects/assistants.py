"""Assistants, and the settings that assistants and runs share."""

from collections.abc import Sequence
from typing import Any, Final, Literal, NotRequired

from typing_extensions import TypedDict

from understudy.domain.assistants import Assistant, ReasoningEffort, ResponseFormat
from understudy.domain.base import Json
from understudy.domain.tools import (
    CodeInterpreterTool,
    FileSearchTool,
    FunctionTool,
    Tool,
    ToolResources,
)


class CodeInterpreterFiles(TypedDict):
    file_ids: list[str]


class FileSearchStores(TypedDict):
    vector_store_ids: list[str]


class ToolResourcesObject(TypedDict):
    """The files and vector stores that the tools may use."""

    code_interpreter: NotRequired[CodeInterpreterFiles]
    file_search: NotRequired[FileSearchStores]


class AssistantObject(TypedDict):
    """`file_ids` is there only if the assistant was given some, by a client for version 1."""

    id: str
    object: Literal["assistant"]
    created_at: int
    name: str | None
    description: str | None
    model: str
    instructions: str | None
    tools: list[Json]
    top_p: float | None
    temperature: float | None
    reasoning_effort: ReasoningEffort | None
    tool_resources: ToolResourcesObject
    metadata: dict[str, str]
    response_format: Literal["auto"] | Json | None
    file_ids: NotRequired[list[str]]


def assistant_object(assistant: Assistant) -> AssistantObject:
    """Returns the assistant as the API shows it."""
    fields = assistant.fields
    shown: AssistantObject = {
        "id": assistant.id,
        "object": "assistant",
        "created_at": assistant.created_at,
        "name": fields.name,
        "description": fields.description,
        "model": fields.model,
        "instructions": fields.instructions,
        "tools": [tool_object(tool) for tool in fields.tools],
        "top_p": fields.top_p,
        "temperature": fields.temperature,
        "reasoning_effort": fields.reasoning_effort,
        "tool_resources": resources_object(fields.tool_resources, fields.tools),
        "metadata": fields.metadata,
        "response_format": format_object(fields.response_format),
    }
    if fields.file_ids:
        shown["file_ids"] = fields.file_ids
    return shown


NO_PARAMETERS: Final[Json] = {"type": "object", "properties": {}}
RANKING: Final[Json] = {
    "ranker": "default_2024_08_21",
    "score_threshold": 0.0,
    "hybrid_search": None,
}


def tool_object(tool: Tool) -> Json:
    """Returns a tool without its nulls, and with the defaults that OpenAI's API showed."""
    shown: Json = tool.model_dump(exclude_none=True)
    match tool:
        case FunctionTool():
            shown["function"] = {"parameters": NO_PARAMETERS} | shown["function"]
        case FileSearchTool():
            settings = shown.get("file_search", {})
            ranking = RANKING | settings.get("ranking_options", {})
            shown["file_search"] = settings | {"ranking_options": ranking}
        case _:
            pass
    return shown


def format_object(response_format: ResponseFormat | None) -> Any:
    """Returns a response format without its nulls."""
    if response_format is None or isinstance(response_format, str):
        return response_format
    return response_format.model_dump(exclude_none=True, by_alias=True)


def resources_object(
    resources: ToolResources | None, tools: Sequence[Tool] = ()
) -> ToolResourcesObject:
    """Returns tool resources; a code interpreter among the tools has an entry without files too."""
    shown: ToolResourcesObject = {}
    if resources and resources.code_interpreter:
        shown["code_interpreter"] = {"file_ids": resources.file_ids}
    elif any(isinstance(tool, CodeInterpreterTool) for tool in tools):
        shown["code_interpreter"] = {"file_ids": []}
    if resources and resources.file_search:
        shown["file_search"] = {"vector_store_ids": resources.vector_store_ids}
    return shown
