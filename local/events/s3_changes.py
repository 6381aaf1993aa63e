"""Hooks in moto that report objects written to S3; each docstring gives the reason."""

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
    """One S3 object that was written."""

    event_name: str
    """For example "ObjectCreated:Put"."""
    bucket: str
    key: str
    size: int
    etag: str
    version_id: str | None


@contextmanager
def installed(on_object: Callable[[ObjectChange], None]) -> Iterator[None]:
    """Reports written objects for as long as the context lasts.

    The callback runs on the thread of the API request, before its response is sent: it must be
    short. Raises MotoVersionError.
    """
    check_version()
    changes = _ObjectChanges(on_object)
    with ExitStack() as hooks:
        for owner, name, replacement in (
            (s3_models.notifications, "send_event", changes.send_event),
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
        if not name.startswith("ObjectCreated:"):
            return
        change = ObjectChange(
            event_name=name,
            bucket=bucket.name,
            key=key.name,
            size=key.size,
            etag=key.etag.strip('"'),
            version_id=key.version_id if bucket.is_versioned else None,
        )
        self._collect(change)

    def after(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Reports changes at the end of the request, when metadata is written too."""

        @functools.wraps(original)
        def respond(*args: Any, **kwargs: Any) -> Any:
            outer, self._request.changes = getattr(self._request, "changes", None), []
            try:
                return original(*args, **kwargs)
            finally:
                changes, self._request.changes = self._request.changes, outer
                # moto also reports a plain Put for a multipart upload: the last one is AWS's.
                for change in changes[-1:]:
                    self._report(change)

        return respond

    def _collect(self, change: ObjectChange) -> None:
        collected = getattr(self._request, "changes", None)
        if collected is None:
            self._report(change)
        else:
            collected.append(change)
