"""Assistants: a model with instructions and tools."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from understudy.domain.base import Body, GivenMetadata, Id, Json, Record, empty_list
from understudy.domain.tools import (
    MAX_FILES_OF_INTERPRETER,
    MAX_TOOLS_OF_ASSISTANT,
    Tool,
    ToolResources,
)

MAX_INSTRUCTIONS = 256_000

Temperature = Annotated[float, Field(ge=0, le=2)]
TopP = Annotated[float, Field(ge=0, le=1)]
ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


Tools = Annotated[list[Tool], Field(fail_fast=True, max_length=MAX_TOOLS_OF_ASSISTANT)]
GivenTools = Annotated[Tools, BeforeValidator(empty_list, json_schema_input_type=Tools | None)]
Files = Annotated[list[Id], Field(fail_fast=True, max_length=MAX_FILES_OF_INTERPRETER)]
GivenFiles = Annotated[Files, BeforeValidator(empty_list, json_schema_input_type=Files | None)]


class JsonSchemaFormat(Body):
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str | None = None
    schema_: Json | None = Field(default=None, alias="schema")
    strict: bool | None = None


class PlainFormat(Body):
    type: Literal["text", "json_object"]


class SchemaFormat(Body):
    type: Literal["json_schema"]
    json_schema: JsonSchemaFormat


FormatObject = Annotated[PlainFormat | SchemaFormat, Field(discriminator="type")]
ResponseFormat = Literal["auto"] | FormatObject


class AssistantFields(Body):
    """The fields of an assistant that a caller may set. Only version 1 has `file_ids`."""

    name: str | None = Field(default=None, max_length=256)
    description: str | None = Field(default=None, max_length=512)
    instructions: str | None = Field(default=None, max_length=MAX_INSTRUCTIONS)
    tools: GivenTools = Field(default_factory=list)
    tool_resources: ToolResources | None = None
    metadata: GivenMetadata = Field(default_factory=dict)
    temperature: Temperature | None = 1.0
    top_p: TopP | None = 1.0
    reasoning_effort: ReasoningEffort | None = None
    response_format: ResponseFormat | None = "auto"
    file_ids: GivenFiles = Field(default_factory=list)


class NewAssistant(AssistantFields):
    """The body of a request that creates an assistant."""

    model: str = Field(min_length=1, max_length=256)


class AssistantChange(AssistantFields):
    """The body of a request that modifies an assistant; fields that are not sent are kept."""

    model: str | None = Field(default=None, min_length=1, max_length=256)


class Assistant(Record):
    """An assistant of one tenant."""

    id: str
    tenant: str
    created_at: int
    fields: NewAssistant

    def changed(self, change: AssistantChange) -> "Assistant":
        """Returns the assistant with the sent fields replaced; metadata is not merged."""
        sent = {name: getattr(change, name) for name in change.model_fields_set}
        if sent.get("model", "") is None:
            del sent["model"]
        return self.model_copy(update={"fields": self.fields.model_copy(update=sent)})
