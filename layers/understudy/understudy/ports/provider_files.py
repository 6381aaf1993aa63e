"""The provider's side of files: what is at its account, in its words and under its ids.

All methods raise the ProviderErrors of `errors.py`, and nothing of the provider's SDK.
"""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from understudy.domain.base import Json
from understudy.domain.manifests import ContainerFile
from understudy.domain.stored import ProviderFile


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
        """Sends a file as it is read, never whole in memory. `expires_after` is in seconds."""
        ...

    def content(self, provider_id: str) -> bytes:
        """The bytes. Raises ProviderRefusedError for purposes that are not given out."""
        ...

    def delete(self, provider_id: str) -> None:
        """A missing one is fine."""

    def all(self) -> Iterator[ProviderFile]:
        """All files of the account, oldest first."""
        ...


class ProviderVectorStores(Protocol):
    """The provider's vector stores, with bodies in its words and its ids."""

    def call(
        self, method: str, path: str, body: Json | None = None, query: Json | None = None
    ) -> Json:
        """One request below `/vector_stores`; `path` begins with a slash or is empty."""
        ...

    def delete(self, provider_id: str) -> None:
        """A missing one is fine."""

    def all(self) -> Iterator[Json]:
        """All vector stores of the account, oldest first."""
        ...


class ProviderUploads(Protocol):
    """The provider's uploads in parts, with bodies in its words and its ids."""

    def create(self, body: Json) -> Json: ...

    def add_part(self, provider_id: str, data: bytes) -> Json: ...

    def complete(self, provider_id: str, body: Json) -> Json: ...

    def cancel(self, provider_id: str) -> Json: ...


class ProviderContainers(Protocol):
    """The containers of code interpreter. They die 20 minutes after their last use."""

    def add_file(self, container_id: str, provider_file_id: str) -> None:
        """Puts a file in. Raises ProviderRefusedError for a container that is gone."""

    def made_in(self, container_id: str, at_most: int) -> list[ContainerFile]:
        """What code interpreter itself has written there; nothing where the container is gone."""
        ...

    def content(self, container_id: str, container_file_id: str) -> Iterator[bytes]:
        """The bytes of a file in pieces. Raises ProviderRefusedError for one that is gone."""
        ...

    def delete(self, container_id: str) -> None:
        """A missing one is fine."""


class StoredResponses(Protocol):
    """The responses that the provider keeps for 30 days, with all that was said in them."""

    def delete(self, response_id: str) -> None:
        """Ends it if it is being made, and removes it; a missing one is fine."""
