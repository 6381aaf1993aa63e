"""What the bucket and the provider say of an object or a file that they hold."""

from pydantic import Field

from understudy.domain.base import Record


class StoredObject(Record):
    """An object of the bucket. `metadata` has lower-case names."""

    key: str
    bytes: int
    version: str | None = None
    etag: str | None = None
    content_type: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)


class ProviderFile(Record):
    """A file of the provider's account. Times are Unix seconds."""

    id: str
    filename: str
    bytes: int
    created_at: int
    purpose: str = ""
    expires_at: int | None = None
