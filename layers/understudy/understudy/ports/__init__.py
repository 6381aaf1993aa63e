"""What the functions need from the world, as protocols. `adapters/` has what fits them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from understudy.domain.api_keys import ApiKey
from understudy.domain.base import Json
from understudy.domain.prices import PriceTable
from understudy.domain.responses import CreatedResponse, ResponseRequest, ResponseResult
from understudy.domain.runs import Run
from understudy.domain.tokens import Bearer
from understudy.domain.tools import ToolCall, ToolResult
from understudy.ports.conversations import (
    Assistants,
    Messages,
    Responses,
    Runs,
    RunSteps,
    Threads,
    ToolCalls,
)
from understudy.ports.files import (
    Drops,
    Files,
    FileUses,
    Objects,
    ThreadRemains,
    Uploads,
    VectorStores,
)
from understudy.ports.provider_files import (
    ProviderContainers,
    ProviderFiles,
    ProviderUploads,
    ProviderVectorStores,
    StoredResponses,
)
from understudy.ports.usage import UsagePorts
from understudy.settings import Settings

__all__ = [
    "ApiKeys",
    "Assistants",
    "Drops",
    "Executions",
    "FileUses",
    "Files",
    "Messages",
    "Objects",
    "Ports",
    "Provider",
    "ProviderContainers",
    "ProviderFiles",
    "ProviderUploads",
    "ProviderVectorStores",
    "Responses",
    "RunSteps",
    "Runs",
    "ServerTools",
    "SideEffects",
    "StoredResponses",
    "ThreadRemains",
    "Threads",
    "Tokens",
    "ToolCalls",
    "Uploads",
    "UsagePorts",
    "VectorStores",
]


class ServerTools(Protocol):
    """The function tools that run on our side."""

    def names(self) -> list[str]:
        """Those that are registered and that this deployment switched on."""
        ...

    def definitions(self, names: Iterable[str]) -> list[Json]:
        """Definitions of those, ready to be pasted into an assistant's tools."""
        ...

    def needing_approval(self, names: Iterable[str]) -> list[str]:
        """Those of the names whose calls wait until somebody approves them."""
        ...

    def has_side_effects(self, name: str) -> bool:
        """Whether a call of the tool changes something."""
        ...

    def execute(self, call: ToolCall, *, seconds: float) -> ToolResult:
        """Answers a call; never raises for anything that the model or the tool does."""
        ...


class SideEffects(Protocol):
    """Calls that change something, each executed at most once."""

    def once(self, call: ToolCall, execute: Callable[[], ToolResult]) -> ToolResult | None:
        """What the call gave, now or before; None if it was begun before and nobody knows more.

        Raises StoreUnavailableError if it could not be begun.
        """
        ...


class ApiKeys(Protocol):
    """The callers' keys, by hash."""

    def find(self, digest: str) -> ApiKey | None: ...

    def put(self, key: ApiKey) -> None:
        """Stores a key, or a changed one in place of the old."""

    def of_tenant(self, tenant: str) -> Iterator[ApiKey]:
        """All keys of a tenant, those that are revoked included."""
        ...


class Tokens(Protocol):
    """The tokens of the identity provider that this deployment trusts."""

    def bearer_of(self, token: str) -> Bearer:
        """Raises AuthenticationError, or StoreUnavailableError where the issuer does not answer."""
        ...


class Executions(Protocol):
    """The executions of the state machine, one per run, under the run's id."""

    def start(self, run: Run) -> None:
        """Starts it; starting the same run twice is one execution."""

    def ring(self, task_token: str) -> bool:
        """Wakes the execution that waits with this token; False if it waits no more."""
        ...


class Provider(Protocol):
    """The side of the models.

    All methods raise the ProviderErrors of `errors.py`, and nothing of the provider's SDK.
    """

    def create_response(self, request: ResponseRequest) -> CreatedResponse:
        """Starts a response in the background. Not idempotent; never retried inside."""
        ...

    def retrieve_response(self, response_id: str) -> ResponseResult: ...

    def cancel_response(self, response_id: str) -> None:
        """Ends the model's work; one that has ended already is fine."""


class Ports(UsagePorts, Protocol):
    """All of them together, as `bootstrap.Services` has them. `now` gives Unix seconds."""

    settings: Settings
    now: Callable[[], float]

    @property
    def api_keys(self) -> ApiKeys: ...

    @property
    def assistants(self) -> Assistants: ...

    @property
    def threads(self) -> Threads: ...

    @property
    def messages(self) -> Messages: ...

    @property
    def runs(self) -> Runs: ...

    @property
    def responses(self) -> Responses: ...

    @property
    def run_steps(self) -> RunSteps: ...

    @property
    def tool_calls(self) -> ToolCalls: ...

    @property
    def executions(self) -> Executions: ...

    @property
    def tools(self) -> ServerTools: ...

    @property
    def side_effects(self) -> SideEffects: ...

    @property
    def provider(self) -> Provider: ...

    @property
    def prices(self) -> PriceTable: ...

    @property
    def objects(self) -> Objects: ...

    @property
    def files(self) -> Files: ...

    @property
    def file_uses(self) -> FileUses: ...

    @property
    def vector_stores(self) -> VectorStores: ...

    @property
    def uploads(self) -> Uploads: ...

    @property
    def drops(self) -> Drops: ...

    @property
    def provider_files(self) -> ProviderFiles: ...

    @property
    def provider_vector_stores(self) -> ProviderVectorStores: ...

    @property
    def provider_uploads(self) -> ProviderUploads: ...

    @property
    def provider_containers(self) -> ProviderContainers: ...

    @property
    def stored_responses(self) -> StoredResponses: ...

    @property
    def thread_remains(self) -> ThreadRemains: ...
