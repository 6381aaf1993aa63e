"""S3 events in the shape that EventBridge delivers: the key is not encoded."""

import uuid
from typing import Any

from local.events.moto_hooks import ObjectChange

_DETAIL_TYPES = {
    "ObjectCreated": "Object Created",
    "ObjectRemoved": "Object Deleted",
    "ObjectTagging": "Object Tags Added",
    "ObjectAcl": "Object ACL Updated",
}
_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectRemoved:Delete": "DeleteObject",
    "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
}


def bus_entry(change: ObjectChange, sequencer: str, account: str) -> dict[str, Any] | None:
    """Source, type, resources and detail of the event; None for what S3 does not send."""
    kind = _DETAIL_TYPES.get(change.event_name.partition(":")[0])
    if kind is None:
        return None
    described = {
        "key": change.key,
        "size": change.size,
        "etag": change.etag,
        "version-id": change.version_id,
        "sequencer": sequencer,
    }
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": change.bucket},
        "object": {name: value for name, value in described.items() if value is not None},
        "request-id": uuid.uuid4().hex[:16].upper(),
        "requester": account,
        "source-ip-address": "127.0.0.1",
    }
    if change.event_name in _REASONS:
        detail["reason"] = _REASONS[change.event_name]
    if kind == "Object Deleted":
        is_marker = change.event_name.endswith("DeleteMarkerCreated")
        detail["deletion-type"] = "Delete Marker Created" if is_marker else "Permanently Deleted"
    return {
        "source": "aws.s3",
        "detail-type": kind,
        "resources": [f"arn:aws:s3:::{change.bucket}"],
        "detail": detail,
    }
