"""Objects in the bucket and files at the provider."""

from pydantic import Field

from understudy.domain.base import Record


class StoredObject(Record):
    """An object in the bucket. The names in `metadata` are lower case."""

    key: str
    bytes: int
    version: str | None = None
    etag: str | None = None
    content_type: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)


class ProviderFile(Record):
    """A file in the provider's account. Times are Unix seconds."""

    id: str
    filename: str
    bytes: int
    created_at: int
    purpose: str = ""
    expires_at: int | None = None
