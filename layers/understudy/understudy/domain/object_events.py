"""Events on new objects in the bucket, as S3 and as EventBridge send them."""

from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from understudy.domain.base import Record


class MalformedEventError(ValueError):
    """The record does not name its object."""


class ObjectEvent(Record):
    """A new object. `sequencer` orders the changes of one key; `at` is in Unix seconds."""

    bucket: str
    key: str
    bytes: int | None = None
    version: str | None = None
    etag: str | None = None
    sequencer: str = ""
    at: float

    @property
    def content_id(self) -> str:
        """Identifies this version of the object among all of its key."""
        return self.version or f"{self.etag}:{self.sequencer}"


def new_objects(event: dict[str, Any]) -> tuple[list[ObjectEvent], list[MalformedEventError]]:
    """Returns the objects that were put, and an error for each unreadable record.

    Other events are ignored. A notification that S3 sends to the function has a form-encoded key,
    one through EventBridge a plain key (Amazon S3 User Guide, "Event message structure").
    """
    found: list[ObjectEvent] = []
    broken: list[MalformedEventError] = []
    is_from_bus = event.get("source") == "aws.s3"
    read = _from_bus if is_from_bus else _of_notification
    if is_from_bus:
        records = [event] if event.get("detail-type") == "Object Created" else []
    else:
        records = [
            record
            for record in event.get("Records") or []
            if str(record.get("eventName", "")).startswith("ObjectCreated:")
        ]
    for record in records:
        try:
            found.append(read(record))
        except (KeyError, TypeError, ValueError) as error:
            broken.append(MalformedEventError(f"{type(error).__name__}: {error}"))
    return found, broken


def _of_notification(record: dict[str, Any]) -> ObjectEvent:
    described = record["s3"]["object"]
    return ObjectEvent(
        bucket=record["s3"]["bucket"]["name"],
        key=unquote_plus(described["key"], errors="strict"),
        bytes=described.get("size"),
        version=described.get("versionId"),
        etag=described.get("eTag"),
        sequencer=described.get("sequencer", ""),
        at=datetime.fromisoformat(record["eventTime"]).timestamp(),
    )


def _from_bus(event: dict[str, Any]) -> ObjectEvent:
    described = event["detail"]["object"]
    return ObjectEvent(
        bucket=event["detail"]["bucket"]["name"],
        key=described["key"],
        bytes=described.get("size"),
        version=described.get("version-id"),
        etag=described.get("etag"),
        sequencer=described.get("sequencer", ""),
        at=datetime.fromisoformat(event["time"]).timestamp(),
    )
