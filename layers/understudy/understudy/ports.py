"""Interfaces to systems outside the deployment's table and bucket, each with a fake in tests/fakes.

All methods of the provider's interfaces raise the ProviderErrors of `errors.py` and nothing of the
provider's SDK.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, Protocol

from understudy.domain.base import Json
from understudy.domain.chat import ChatRequest
from understudy.domain.manifests import ContainerFile
from understudy.domain.responses import CreatedResponse, ResponseRequest, ResponseResult
from understudy.domain.runs import Run
from understudy.domain.stored import ProviderFile
from understudy.domain.tools import ToolCall, ToolResult


class Executions(Protocol):
    """The executions of the state machine, one per run, under the run's id."""

    def start(self, run: Run) -> None:
        """Starts the execution of a run; idempotent."""

    def wake(self, task_token: str) -> bool:
        """Wakes the task that waits with this token; returns False if none does."""
        ...

    def fail_wait(self, task_token: str, error: str, cause: str) -> None:
        """Fails the task that waits with this token; does nothing if none does."""


class Provider(Protocol):
    """The provider's responses."""

    def create_response(self, request: ResponseRequest) -> CreatedResponse:
        """Starts a background response. Not idempotent, and not retried by the adapter."""
        ...

    def retrieve_response(self, response_id: str) -> ResponseResult: ...

    def cancel_response(self, response_id: str) -> None:
        """Cancels the model's work; does nothing if the response has ended."""


class Completions(Protocol):
    """Chat completions of the same or another provider, for outages of the Responses API."""

    def complete(self, request: ChatRequest, *, seconds: float) -> ResponseResult:
        """Returns the completion. Not retried by the adapter."""
        ...


class ServerTools(Protocol):
    """The server-side function tools."""

    def names(self) -> list[str]:
        """Returns the registered tools that this deployment enables."""
        ...

    def definitions(self, names: Iterable[str]) -> list[Json]:
        """Returns their definitions in the form of an assistant's tools."""
        ...

    def needing_approval(self, names: Iterable[str]) -> list[str]:
        """Returns the names whose calls wait for an approval."""
        ...

    def has_side_effects(self, name: str) -> bool:
        """Returns whether a call of the tool has side effects."""
        ...

    def execute(self, call: ToolCall, *, seconds: float) -> ToolResult:
        """Executes a call. Errors of the model or the tool become the output."""
        ...


class RunEvents(Protocol):
    """Events for other systems of the account."""

    def ended(self, runs: Sequence[Run]) -> None:
        """Publishes the ends of runs. Raises StorageUnavailableError."""


class ProviderFiles(Protocol):
    """The provider's files. All methods raise the ProviderErrors of `errors.py`."""

    def upload(
        self,
        name: str,
        purpose: str,
        content: BinaryIO,
        *,
        content_type: str | None = None,
        expires_after: int | None = None,
    ) -> ProviderFile:
        """Uploads a file without reading it into memory whole. `expires_after` is in seconds."""
        ...

    def content(self, provider_id: str) -> bytes:
        """Returns the bytes. Raises ProviderRefusedError for purposes that cannot be downloaded."""
        ...

    def delete(self, provider_id: str) -> None:
        """Deletes the object. Idempotent."""

    def all(self) -> Iterator[ProviderFile]:
        """Yields all files of the account, oldest first."""
        ...


class ProviderVectorStores(Protocol):
    """The provider's vector stores. Bodies have the provider's form and ids."""

    def call(
        self, method: str, path: str, body: Json | None = None, query: Json | None = None
    ) -> Json:
        """Sends a request below `/vector_stores`; `path` begins with a slash or is empty."""
        ...

    def delete(self, provider_id: str) -> None:
        """Deletes the object. Idempotent."""

    def all(self) -> Iterator[Json]:
        """Yields all vector stores of the account, oldest first."""
        ...


class ProviderContainers(Protocol):
    """The containers of code interpreter, which expire 20 minutes after their last use."""

    def add_file(self, container_id: str, provider_file_id: str) -> None:
        """Adds a file. Raises ProviderRefusedError if the container has expired."""

    def made_in(self, container_id: str, at_most: int) -> list[ContainerFile]:
        """Returns the files that code interpreter wrote, none if the container has expired."""
        ...

    def content(self, container_id: str, container_file_id: str) -> Iterator[bytes]:
        """Yields the bytes of a file in pieces. Raises ProviderRefusedError if it is missing."""
        ...

    def delete(self, container_id: str) -> None:
        """Deletes the object. Idempotent."""


class StoredResponses(Protocol):
    """The responses that the provider stores for 30 days with their contents."""

    def delete(self, response_id: str) -> None:
        """Cancels the response if the model is working on it, and deletes it. Idempotent."""
