"""A dropped object becomes a file of its owner, and waits for its place in the owner's thread."""

from email.header import decode_header, make_header

from understudy.domain.drops import ASSISTANT_METADATA, MESSAGE_METADATA, WaitingDrop
from understudy.domain.file_types import CONTENT_TYPES, FileKind, extension_of
from understudy.domain.files import (
    MAX_FILE_BYTES,
    DropKey,
    File,
    InvalidDropKeyError,
    is_folder_marker,
    parse_drop_key,
    shown_name,
)
from understudy.domain.ids import derived_id, milliseconds
from understudy.domain.object_events import ObjectEvent
from understudy.domain.stored import StoredObject
from understudy.domain.threads import ThreadOfUser
from understudy.drops.admit import admit_drops
from understudy.errors import StorageUnavailableError
from understudy.observability import logger
from understudy.ports import Ports
from understudy.threads.find import find_thread

from .send import send_object

ATTEMPTS = 3


def take_drop(ports: Ports, event: ObjectEvent, *, by: str, until: float) -> None:
    """Doing it twice is fine: the file's id is derived from the version of the object.

    A key, type or size that is not taken leaves a record that says so. Raises what another try
    may cure: the provider's and the stores' errors.
    """
    if is_folder_marker(event.key):
        return
    try:
        key = parse_drop_key(event.key)
    except InvalidDropKeyError as error:
        _refuse(ports, event, error.tenant, error.reason)
        return
    if ports.objects.look(event.key) is None:
        return  # deleted before anybody looked at it
    stored = ports.objects.look(event.key, event.version)
    if stored is None or (event.version is None and stored.etag != event.etag):
        return  # overwritten in a bucket without versions: the event of the newer one follows
    if not 1 <= stored.bytes <= MAX_FILE_BYTES:
        reason = f"the file has {stored.bytes} bytes; 1 to {MAX_FILE_BYTES} are taken"
        _refuse(ports, event, key.tenant, reason)
        return
    new = _file(event, key, stored)
    is_newest = ports.drops.note_version(key.tenant, event.key, event.sequencer, new.id)
    file = ports.files.take(new, by=by, until=until)
    if file is None:  # another delivery of this event did it, or is at it
        _go_on(ports, new)
        return
    sent = send_object(ports, file)
    if sent is None:
        return
    assistant_id, text = _wishes(ports, key, stored)
    drop = WaitingDrop(
        file_id=file.id,
        tenant=key.tenant,
        thread_id="",
        assistant_id=assistant_id if is_newest else None,
        text=text,
    )
    thread_id = _put_in_line(ports, key, drop)
    ports.files.finish(sent, status="processed", thread_id=thread_id)
    admit_drops(ports, key.tenant, thread_id)


def _go_on(ports: Ports, file: File) -> None:
    """A delivery that stored the file may have died before it had the drop admitted."""
    known = ports.files.get(file.tenant, file.id)
    if known is not None and known.thread_id is not None:
        admit_drops(ports, file.tenant, known.thread_id)


def _put_in_line(ports: Ports, key: DropKey, drop: WaitingDrop) -> str:
    """The thread that the drop waits for, which is made if the user has none."""
    for _ in range(ATTEMPTS):
        thread, _made = find_thread(
            ports,
            tenant=key.tenant,
            user_id=key.user_id,
            purpose=key.purpose,
            body=ThreadOfUser(),
        )
        # The use is noted first: from here on the file goes with the thread.
        ports.file_uses.add(key.tenant, thread.id, {drop.file_id: []})
        if ports.drops.wait(drop.model_copy(update={"thread_id": thread.id})):
            return thread.id
        ports.file_uses.release(key.tenant, thread.id, drop.file_id)
    raise StorageUnavailableError(f"the thread was deleted {ATTEMPTS} times meanwhile")


def _file(event: ObjectEvent, key: DropKey, stored: StoredObject) -> File:
    purpose = "vision" if key.kind is FileKind.IMAGE else "assistants"
    origin = (event.bucket, event.key, event.content_id)
    return File(
        id=derived_id("file", *origin, order=milliseconds(event.at)),
        tenant=key.tenant,
        filename=key.name,
        purpose=purpose,
        bytes=stored.bytes,
        created_at=int(event.at),
        status="uploaded",
        content_type=CONTENT_TYPES[extension_of(key.name)],
        object_key=event.key,
        object_version=event.version,
        drop_key=event.key,
    )


def _refuse(ports: Ports, event: ObjectEvent, tenant: str | None, reason: str) -> None:
    logger.warning("drop_refused", tenant=tenant, reason=reason)
    if tenant is None:
        return  # nobody to tell
    origin = (event.bucket, event.key, event.content_id)
    ports.files.put_new(
        File(
            id=derived_id("file", *origin, order=milliseconds(event.at)),
            tenant=tenant,
            filename=shown_name(event.key),
            purpose="assistants",
            bytes=event.bytes or 0,
            created_at=int(event.at),
            status="error",
            status_details=f"Refused: {reason}.",
        )
    )


def _wishes(ports: Ports, key: DropKey, stored: StoredObject) -> tuple[str | None, str | None]:
    """The assistant and the message: the object's metadata, or the deployment's default.

    S3 hands metadata that is not ASCII back as RFC 2047 words.
    """
    default = ports.settings.drop_defaults.get(key.purpose)
    assistant_id = stored.metadata.get(ASSISTANT_METADATA)
    text = stored.metadata.get(MESSAGE_METADATA)
    if text is not None:
        text = str(make_header(decode_header(text)))
    if default is not None:
        assistant_id = assistant_id or default.assistant_id
        text = text or default.message
    return assistant_id, text
