"""Receives a dropped object, which becomes a file and is queued for its owner's thread."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.drop_reports import HOW_TO_DROP
from understudy.domain.drops import (
    DropKey,
    InvalidDropKeyError,
    WaitingDrop,
    is_folder_marker,
    parse_drop_key,
    prompted_key,
)
from understudy.domain.file_names import clean_name
from understudy.domain.file_types import CONTENT_TYPES, FileKind, extension_of
from understudy.domain.files import MAX_FILE_BYTES, File
from understudy.domain.ids import derived_id, milliseconds
from understudy.domain.object_events import ObjectEvent
from understudy.domain.stored import StoredObject
from understudy.domain.threads import ThreadOfUser
from understudy.drops.admit import DropAdmission
from understudy.drops.report import DropReports
from understudy.errors import InvalidRequestError, StorageUnavailableError
from understudy.observability import logger
from understudy.services import Services
from understudy.threads.find import UserThreads

from .request import DropRequests
from .send import ObjectSender

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.drops import Drops
    from understudy.adapters.dynamodb.file_uses import FileUses
    from understudy.adapters.dynamodb.files import Files
    from understudy.adapters.s3 import S3Objects

ATTEMPTS = 3


@dataclass(frozen=True)
class DropIntake:
    """Receives dropped objects."""

    files: "Files"
    file_uses: "FileUses"
    drops: "Drops"
    objects: "S3Objects"
    user_threads: UserThreads
    admission: DropAdmission
    reports: DropReports
    requests: DropRequests
    sender: ObjectSender

    @classmethod
    def of(cls, chosen: Services, sender: ObjectSender) -> "DropIntake":
        """Returns the intake for one invocation."""
        return cls(
            files=chosen.files,
            file_uses=chosen.file_uses,
            drops=chosen.drops,
            objects=chosen.objects,
            user_threads=chosen.user_threads,
            admission=chosen.drop_admission,
            reports=chosen.drop_reports,
            requests=DropRequests(chosen.objects, chosen.settings.drop_defaults),
            sender=sender,
        )

    def receive(self, event: ObjectEvent) -> None:
        """Sends the object to the provider and queues it for its thread.

        Idempotent: the file id is derived from the object version. An invalid key, type or size
        leaves a file with the status `error` and a report. Raises retryable ProviderErrors and
        StorageError.
        """
        if is_folder_marker(event.key):
            return
        prompted = prompted_key(event.key)
        if prompted is not None:
            name = prompted.rpartition("/")[2]
            advice = f"It is sent with the file '{name}' that is dropped after it."
            self.reports.write_attached(event.key, "This object holds the message to send.", advice)
            return
        try:
            key = parse_drop_key(event.key)
        except InvalidDropKeyError as error:
            self._refuse(event, error.tenant, error.reason)
            return
        if self.objects.head(event.key) is None:
            return  # deleted before it was read
        stored = self.objects.head(event.key, event.version)
        if stored is None or (event.version is None and stored.etag != event.etag):
            return  # overwritten in a bucket without versions: the event of the newer one follows
        if not 1 <= stored.bytes <= MAX_FILE_BYTES:
            reason = f"file size is {stored.bytes} bytes; must be between 1 and {MAX_FILE_BYTES}"
            self._refuse(event, key.tenant, reason)
            return
        self._accept(event, key, stored)

    def _accept(self, event: ObjectEvent, key: DropKey, stored: StoredObject) -> None:
        new = _file(event, key, stored)
        is_newest = self.drops.record_version(key.tenant, event.key, event.sequencer, new.id)
        file = self.sender.acquire_lease(new)
        if file is None:  # another delivery of this event has finished, or is working on it
            self._resume(new)
            return
        if is_newest:
            self.reports.write_progress(event.key, "The file is being sent to the model provider.")
        sent = self.sender.send(file)
        if sent is None:
            return
        if sent.status == "error":
            if is_newest:
                self.reports.write_refusal(event.key, sent.status_details or "", HOW_TO_DROP)
            return
        try:
            request = self.requests.of(key, event.key, stored)
        except InvalidRequestError as error:
            self.files.finish(sent, status="error", status_details=str(error))
            self.reports.write_refusal(event.key, str(error))
            return
        drop = WaitingDrop(
            file_id=file.id,
            tenant=key.tenant,
            thread_id="",
            assistant_id=request.assistant_id if is_newest else None,
            text=request.text,
        )
        thread_id = self._enqueue(key, drop)
        if is_newest:
            self.reports.write_progress(event.key, "The file waits for its turn in its thread.")
        self.files.finish(sent, status="processed", thread_id=thread_id)
        self.admission.admit(key.tenant, thread_id)

    def _resume(self, file: File) -> None:
        """Admits drops in place of a delivery that may have crashed before it did so."""
        known = self.files.get(file.tenant, file.id)
        if known is not None and known.thread_id is not None:
            self.admission.admit(file.tenant, known.thread_id)

    def _enqueue(self, key: DropKey, drop: WaitingDrop) -> str:
        """Queues the drop for its owner's thread, which is created if needed; returns its id."""
        for _ in range(ATTEMPTS):
            thread, _created = self.user_threads.find_or_create(
                tenant=key.tenant,
                user_id=key.user_id,
                purpose=key.purpose,
                body=ThreadOfUser(),
            )
            # The use is recorded first: from here on the file is removed with the thread.
            self.file_uses.add(key.tenant, thread.id, {drop.file_id: []})
            if self.drops.enqueue(drop.model_copy(update={"thread_id": thread.id})):
                return thread.id
            self.file_uses.release(key.tenant, thread.id, drop.file_id)
        raise StorageUnavailableError(f"the thread was deleted {ATTEMPTS} times")

    def _refuse(self, event: ObjectEvent, tenant: str | None, reason: str) -> None:
        """Reports why the object is rejected, and records a file with the status `error`."""
        logger.warning("drop_refused", tenant=tenant, reason=reason)
        self.reports.write_refusal(event.key, f"The file was rejected: {reason}.", HOW_TO_DROP)
        if tenant is None:
            return  # the key names no owner for a record
        self.files.put_new(
            File(
                id=_file_id(event),
                tenant=tenant,
                filename=clean_name(event.key),
                purpose="assistants",
                bytes=event.bytes or 0,
                created_at=int(event.at),
                status="error",
                status_details=f"Refused: {reason}.",
                drop_key=event.key,
            )
        )


def _file_id(event: ObjectEvent) -> str:
    origin = (event.bucket, event.key, event.content_id)
    return derived_id("file", *origin, order=milliseconds(event.at))


def _file(event: ObjectEvent, key: DropKey, stored: StoredObject) -> File:
    return File(
        id=_file_id(event),
        tenant=key.tenant,
        filename=key.name,
        purpose="vision" if key.kind is FileKind.IMAGE else "assistants",
        bytes=stored.bytes,
        created_at=int(event.at),
        status="uploaded",
        content_type=CONTENT_TYPES[extension_of(key.name)],
        object_key=event.key,
        object_version=event.version,
        drop_key=event.key,
    )
