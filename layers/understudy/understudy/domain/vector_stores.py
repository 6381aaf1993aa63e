"""Vector stores: their owners, and the request that creates one at the provider."""

from typing import Annotated, Literal

from pydantic import Field

from understudy.domain.base import Body, Json, Metadata, Record, at_most

MAX_FILES_AT_CREATION = 500
MAX_FILES_OF_BATCH = 2000
MAX_QUERIES = 100


class ExpiresAfter(Body):
    """When a vector store expires: days after its last use."""

    anchor: Literal["last_active_at"] = "last_active_at"
    days: int = Field(ge=1, le=365)


class NewStore(Body):
    """The body of a request that creates a vector store."""

    name: str | None = None
    description: str | None = None
    file_ids: list[str] = Field(
        fail_fast=True, default_factory=list, max_length=MAX_FILES_AT_CREATION
    )
    expires_after: ExpiresAfter | None = None
    chunking_strategy: Json | None = None
    metadata: Metadata | None = None


class StoreChange(Body):
    """The body of a request that modifies a vector store."""

    name: str | None = None
    expires_after: ExpiresAfter | None = None
    metadata: Metadata | None = None


MAX_ATTRIBUTES = 16

Attributes = Annotated[
    dict[str, str | bool | float], Field(max_length=MAX_ATTRIBUTES), at_most(MAX_ATTRIBUTES)
]


class NewStoreFile(Body):
    """A file to put into a vector store."""

    file_id: str = Field(min_length=1)
    attributes: Attributes | None = None
    chunking_strategy: Json | None = None


class StoreFileChange(Body):
    attributes: Attributes | None


class NewFileBatch(Body):
    """Files to put into a vector store: `file_ids`, or `files` with their own settings."""

    file_ids: list[str] | None = Field(
        fail_fast=True, default=None, min_length=1, max_length=MAX_FILES_OF_BATCH
    )
    files: list[NewStoreFile] | None = Field(
        fail_fast=True, default=None, min_length=1, max_length=MAX_FILES_OF_BATCH
    )
    attributes: Attributes | None = None
    chunking_strategy: Json | None = None


class StoreSearch(Body):
    query: str | Annotated[list[str], Field(fail_fast=True, max_length=MAX_QUERIES)]
    rewrite_query: bool | None = None
    max_num_results: int | None = Field(default=None, ge=1, le=50)
    filters: Json | None = None
    ranking_options: Json | None = None


class VectorStore(Record):
    """A vector store of one tenant.

    `creation_request` is the body for the provider while the vector store has not been created
    there; it has our file ids. `thread_id` is the thread that it was created for and is removed
    with.
    """

    id: str
    tenant: str
    created_at: int
    provider_id: str | None = None
    thread_id: str | None = None
    creation_request: Json | None = None


def poll_after_ms(status: str, age_seconds: float) -> int:
    """Returns how long a client should wait before it polls a file or a batch again.

    Most files are indexed within a second or two; the wait grows with the time that has passed.
    """
    if status != "in_progress":
        return 100
    return int(min(5000, max(300, age_seconds * 200)))
