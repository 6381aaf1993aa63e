"""A file that a client sends: to the provider, a copy into the bucket, the record of its owner."""

import io

from understudy.domain.file_types import BINARY, provider_name
from understudy.domain.files import File
from understudy.domain.ids import milliseconds, new_id
from understudy.ports import Ports

COPIES = "files"
"""Our copies of what clients sent: the provider does not give out files of all purposes."""


def keep_file(
    ports: Ports,
    *,
    tenant: str,
    filename: str,
    purpose: str,
    content: bytes,
    content_type: str | None,
    expires_after: int | None,
) -> File:
    """Raises the provider's errors. A crash in between leaves an orphan, which the sweep finds."""
    now = ports.now()
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
    sent = ports.provider_files.upload(
        provider_name(filename),
        purpose,
        io.BytesIO(content),
        content_type=content_type,
        expires_after=expires_after,
    )
    ports.objects.put(key, content, content_type or BINARY)
    file = file.model_copy(update={"provider_id": sent.id, "object_key": key})
    ports.files.put_new(file)
    return file
