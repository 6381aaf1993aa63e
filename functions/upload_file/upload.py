"""An object that a client put into the bucket with a form of ours: it becomes the file promised."""

from understudy.domain.object_events import ObjectEvent
from understudy.domain.uploads import parse_upload_key
from understudy.ports import Ports

from .send import send_object


def take_upload(ports: Ports, event: ObjectEvent, *, by: str, until: float) -> None:
    """Doing it twice is fine. An object that nobody promised is deleted."""
    try:
        tenant, file_id = parse_upload_key(event.key)
    except ValueError:
        ports.objects.delete([event.key])
        return
    promised = ports.files.get(tenant, file_id)
    if promised is None:
        ports.objects.delete([event.key])
        return
    stored = ports.objects.look(event.key, event.version)
    if stored is None:
        return
    file = ports.files.take(promised, by=by, until=until)
    if file is None:
        return
    where = {"object_key": event.key, "object_version": stored.version}
    sized = file.model_copy(update={**where, "bytes": stored.bytes})
    if send_object(ports, sized) is not None:
        ports.files.finish(sized, **where, bytes=stored.bytes, status="processed")
