"""Hooks in moto that report what changes in S3; each docstring gives the reason."""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from moto.s3 import models as s3_models
from moto.s3.responses import S3Response

from local.aws.moto_hooks import check_version


@dataclass(frozen=True)
class ObjectChange:
    """One S3 object that was written or removed."""

    event_name: str
    """For example "ObjectCreated:Put"."""
    bucket: str
    key: str
    size: int | None
    etag: str | None
    version_id: str | None


@contextmanager
def installed(on_object: Callable[[ObjectChange], None]) -> Iterator[None]:
    """Reports what changes in S3 for as long as the context lasts.

    The callback runs on the thread of the API request, before its response is sent: it must be
    short. Raises MotoVersionError.
    """
    check_version()
    changes = _ObjectChanges(on_object)
    with ExitStack() as hooks:
        for owner, name, replacement in (
            (s3_models.notifications, "send_event", changes.send_event),
            (s3_models.S3Backend, "_set_delete_marker", changes.delete_marker()),
            (S3Response, "key_response", changes.after(S3Response.key_response)),
            (S3Response, "bucket_response", changes.after(S3Response.bucket_response)),
        ):
            hooks.enter_context(mock.patch.object(owner, name, replacement))
        yield


class _ObjectChanges:
    """Collects what one S3 request changes and reports it when the request is done."""

    def __init__(self, report: Callable[[ObjectChange], None]) -> None:
        self._report = report
        self._request = threading.local()

    def send_event(self, _account: str, event_name: Any, bucket: Any, key: Any) -> None:
        """Collects a change: moto would invoke its own Lambda before it writes the metadata."""
        name = str(event_name.value).removeprefix("s3:")
        removed = name.startswith("ObjectRemoved:")
        change = ObjectChange(
            event_name=name,
            bucket=bucket.name,
            key=key.name,
            size=None if removed else key.size,
            etag=None if removed else key.etag.strip('"'),
            version_id=key.version_id if bucket.is_versioned else None,
        )
        self._collect(change)

    def delete_marker(self) -> Callable[..., Any]:
        """Reports a deletion in a versioned bucket, which moto does not."""
        original = s3_models.S3Backend._set_delete_marker

        @functools.wraps(original)
        def set_delete_marker(backend: Any, bucket_name: str, key_name: str) -> Any:
            marker = original(backend, bucket_name, key_name)
            name = "ObjectRemoved:DeleteMarkerCreated"
            self._collect(ObjectChange(name, bucket_name, key_name, None, None, marker.version_id))
            return marker

        return set_delete_marker

    def after(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Reports changes at the end of the request, when metadata is written too."""

        @functools.wraps(original)
        def respond(*args: Any, **kwargs: Any) -> Any:
            outer, self._request.changes = getattr(self._request, "changes", None), []
            try:
                return original(*args, **kwargs)
            finally:
                changes, self._request.changes = self._request.changes, outer
                for change in _as_on_aws(changes):
                    self._report(change)

        return respond

    def _collect(self, change: ObjectChange) -> None:
        collected = getattr(self._request, "changes", None)
        if collected is None:
            self._report(change)
        else:
            collected.append(change)


def _as_on_aws(changes: list[ObjectChange]) -> list[ObjectChange]:
    """Keeps one event per write: moto also reports tags, and a plain Put for multipart uploads."""
    created = [change for change in changes if change.event_name.startswith("ObjectCreated:")]
    return created[-1:] or changes
