"""Receives an object that a client uploaded with a form of `POST /v1/files/uploads`."""

from typing import TYPE_CHECKING

from understudy.domain.object_events import ObjectEvent
from understudy.domain.uploads import parse_upload_key

from .send import ObjectSender

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.files import Files
    from understudy.adapters.s3 import S3Objects


def receive_upload(
    files: "Files", objects: "S3Objects", sender: ObjectSender, event: ObjectEvent
) -> None:
    """Sends the object to the provider and finishes its file. Idempotent.

    An object whose key belongs to no file is deleted.
    """
    try:
        tenant, file_id = parse_upload_key(event.key)
    except ValueError:
        objects.delete([event.key])
        return
    announced = files.get(tenant, file_id)
    if announced is None:
        objects.delete([event.key])
        return
    stored = objects.head(event.key, event.version)
    if stored is None:
        return
    file = sender.acquire_lease(announced)
    if file is None:
        return
    where = {"object_key": event.key, "object_version": stored.version}
    sized = file.model_copy(update={**where, "bytes": stored.bytes})
    sent = sender.send(sized)
    if sent is not None and sent.status != "error":
        files.finish(sized, **where, bytes=stored.bytes, status="processed")
