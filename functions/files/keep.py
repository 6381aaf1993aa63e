"""Creates a file from an upload: at the provider, as a copy in the bucket, and in the table."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.file_types import BINARY, provider_name
from understudy.domain.files import File
from understudy.domain.ids import milliseconds, new_id
from understudy.ports import ProviderFiles

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.files import Files
    from understudy.adapters.s3 import S3Objects

COPIES = "files"
"""The prefix of the copies: the provider does not return the content of all purposes."""


@dataclass(frozen=True)
class FileCreation:
    """Creates files from uploads."""

    files: "Files"
    objects: "S3Objects"
    provider_files: ProviderFiles
    now: Callable[[], float]

    def create(
        self,
        *,
        tenant: str,
        filename: str,
        purpose: str,
        content: bytes,
        content_type: str | None,
        expires_after: int | None,
    ) -> File:
        """Creates the file and returns it. Raises ProviderErrors.

        A crash leaves an orphan at the provider, which sweep_files finds.
        """
        now = self.now()
        file = File(
            id=new_id("file", order=milliseconds(now)),
            tenant=tenant,
            filename=filename,
            purpose=purpose,
            bytes=len(content),
            created_at=int(now),
            ends_at=int(now) + expires_after if expires_after else None,
            content_type=content_type,
        )
        key = f"{COPIES}/{tenant}/{file.id}"
        sent = self.provider_files.upload(
            provider_name(filename),
            purpose,
            io.BytesIO(content),
            content_type=content_type,
            expires_after=expires_after,
        )
        self.objects.put(key, content, content_type or BINARY)
        file = file.model_copy(update={"provider_id": sent.id, "object_key": key})
        self.files.put_new(file)
        return file
