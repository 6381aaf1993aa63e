"""The tools of an assistant, and the function calls that a model makes."""

import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
)

from understudy.domain.base import Body, Id, Json, Metadata, Record
from understudy.domain.decisions import Decision

MAX_TOOLS_OF_ASSISTANT = 128
MAX_TOOLS_OF_RUN = 20
MAX_FILES_OF_INTERPRETER = 20
DEFAULT_RANKER = "default_2024_08_21"
"""The ranker that OpenAI's Assistants API showed; the Responses API does not have it."""

FUNCTION_NAME = r"^[a-zA-Z0-9_-]{1,64}$"


class CodeInterpreterTool(Body):
    type: Literal["code_interpreter"]


def _of_version_one(value: Any) -> Any:
    """Returns `file_search` for `retrieval`, its name in version 1 of the API."""
    return "file_search" if value == "retrieval" else value


class RankingOptions(BaseModel):
    """How results are ranked. Unknown fields are passed on to the provider.

    OpenAI's document requires `score_threshold`.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    ranker: str | None = Field(default=None, max_length=64)
    score_threshold: float = Field(ge=0, le=1)


class FileSearchSettings(BaseModel):
    """Settings of a file search. Unknown fields are passed on to the provider."""

    model_config = ConfigDict(frozen=True, extra="allow")

    max_num_results: int | None = Field(default=None, ge=1, le=50)
    ranking_options: RankingOptions | None = None


class FileSearchTool(Body):
    type: Annotated[Literal["file_search"], BeforeValidator(_of_version_one)]
    file_search: FileSearchSettings | None = None


def _null_is_false(value: Any) -> Any:
    return False if value is None else value


class FunctionDefinition(Body):
    name: str = Field(pattern=FUNCTION_NAME)
    description: str | None = None
    parameters: Json | None = None
    strict: Annotated[bool, BeforeValidator(_null_is_false, json_schema_input_type=bool | None)] = (
        False
    )


class FunctionTool(Body):
    type: Literal["function"]
    function: FunctionDefinition


class ProviderTool(BaseModel):
    """A tool type of the provider that OpenAI's Assistants API did not have (web search, MCP …)."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str = Field(
        min_length=1,
        max_length=64,
        json_schema_extra={"not": {"enum": ["code_interpreter", "file_search", "function"]}},
    )


def _kind(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    if kind == "retrieval":
        return "file_search"
    return kind if kind in ("code_interpreter", "file_search", "function") else "other"


Tool = Annotated[
    Annotated[CodeInterpreterTool, Tag("code_interpreter")]
    | Annotated[FileSearchTool, Tag("file_search")]
    | Annotated[FunctionTool, Tag("function")]
    | Annotated[ProviderTool, Tag("other")],
    Discriminator(_kind),
]


def function_names(tools: Iterable[Tool]) -> set[str]:
    """Returns the names of the functions among the tools."""
    return {tool.function.name for tool in tools if isinstance(tool, FunctionTool)}


class AttachmentTool(Body):
    """A tool that may read an attached file."""

    type: Annotated[Literal["code_interpreter", "file_search"], BeforeValidator(_of_version_one)]


class CodeInterpreterResources(Body):
    file_ids: list[Id] = Field(
        fail_fast=True, default_factory=list, max_length=MAX_FILES_OF_INTERPRETER
    )


class NewVectorStore(Body):
    """A vector store to be created along with an assistant or a thread."""

    file_ids: list[Id] = Field(fail_fast=True, default_factory=list, max_length=10_000)
    chunking_strategy: Json | None = None
    metadata: Metadata | None = None


class FileSearchResources(Body):
    vector_store_ids: list[Id] = Field(fail_fast=True, default_factory=list, max_length=1)
    vector_stores: list[NewVectorStore] | None = Field(fail_fast=True, default=None, max_length=1)


class ToolResources(Body):
    """The files and vector stores that the tools of an assistant or a thread may use."""

    code_interpreter: CodeInterpreterResources | None = None
    file_search: FileSearchResources | None = None

    @property
    def file_ids(self) -> list[str]:
        """The files for code interpreter."""
        return self.code_interpreter.file_ids if self.code_interpreter else []

    @property
    def vector_store_ids(self) -> list[str]:
        """The vector stores for file search."""
        return self.file_search.vector_store_ids if self.file_search else []


class RunsOn(StrEnum):
    """Who executes a function call."""

    SERVER = "server"
    CLIENT = "client"


class CallStatus(StrEnum):
    """The state of a function call."""

    PENDING = "pending"
    AWAITING_APPROVAL = "awaiting_approval"
    DONE = "done"
    CLOSED = "closed"


class ToolCall(Record):
    """One call of a function by the model, and its output once there is one.

    `deadline` is the run's, in Unix seconds. Only a call that needed approval has a `decision`.
    `asked_ms`, `decided_ms`, `started_ms` and `ended_ms` are when the model asked for it, when it
    was approved or refused, when its server-side tool was last started, and when it got its output,
    in Unix milliseconds.
    """

    call_id: str
    tenant: str
    thread_id: str
    run_id: str
    step_id: str
    user_id: str | None = None
    round: int
    position: int
    name: str
    arguments: str
    runs_on: RunsOn
    status: CallStatus = CallStatus.PENDING
    deadline: int | None = None
    decision: Decision | None = None
    output: str | None = None
    failed: bool = False
    asked_ms: int | None = None
    decided_ms: int | None = None
    started_ms: int | None = None
    ended_ms: int | None = None

    @property
    def waits_for_client(self) -> bool:
        """Whether the client has to submit the output."""
        return self.runs_on is RunsOn.CLIENT and self.status is CallStatus.PENDING

    @property
    def waits_for_approval(self) -> bool:
        """Whether the call waits for an approval or a refusal."""
        return self.status is CallStatus.AWAITING_APPROVAL

    @property
    def approved(self) -> bool:
        """Whether the call was approved."""
        return self.decision is Decision.APPROVED

    def with_output(self, output: str, *, failed: bool = False) -> "ToolCall":
        """Returns the call with its output."""
        done = {"status": CallStatus.DONE, "output": output, "failed": failed}
        return self.model_copy(update=done)

    def as_required(self) -> Json:
        """Returns the call as `required_action` shows it."""
        function = {"name": self.name, "arguments": self.arguments}
        return {"id": self.call_id, "type": "function", "function": function}


class ToolResult(Record):
    """The result of an executed call: an output for the model, which may be an error."""

    output: str
    failed: bool = False


def _null_is_empty(value: Any) -> Any:
    return "" if value is None else value


class ToolOutput(Body):
    """A tool output as the client submits it."""

    tool_call_id: Id
    output: Annotated[str, BeforeValidator(_null_is_empty, json_schema_input_type=str | None)] = ""


def error_output(code: str, message: str) -> str:
    """Returns the output that tells the model why its call failed."""
    return json.dumps({"error": {"code": code, "message": message}})
