"""S3 notifications: invokes functions asynchronously when objects change."""

import itertools
import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from moto.s3.models import s3_backends

from local.aws.calls import Call
from local.aws.recorder import Answer
from local.aws.resources import ACCOUNT, REGION
from local.events.declared import ObjectTrigger
from local.events.timestamps import timestamp

_KEPT_DELIVERIES = 1000
_OWNER = "A3NL1KOZZKExample"
_EVENTS = {
    "PutObject": "Put",
    "PostObject": "Post",
    "CopyObject": "Copy",
    "CompleteMultipartUpload": "CompleteMultipartUpload",
}
"""The event `ObjectCreated:…` of each operation that writes an object."""


@dataclass(frozen=True)
class Delivery:
    """One notification for one function."""

    function: str
    event: dict[str, Any]

    @property
    def key(self) -> str:
        """The object key as in the event: URL-encoded."""
        key: str = self.event["Records"][0]["s3"]["object"]["key"]
        return key


class S3Notifications:
    """Delivers notifications; tests can hold, reorder, repeat and replay them."""

    def __init__(
        self,
        triggers: Iterable[ObjectTrigger],
        submit: Callable[[str, bytes], object],
    ) -> None:
        self._triggers = tuple(triggers)
        self._submit = submit
        self._numbers = itertools.count(time.time_ns())
        self._lock = threading.Lock()
        self._held: list[Delivery] | None = None
        self._history: deque[Delivery] = deque(maxlen=_KEPT_DELIVERIES)

    def on_call(self, call: Call, answer: Answer) -> None:
        """Starts one invocation for each trigger of a written object, unless they are held."""
        if call.service != "s3" or call.operation not in _EVENTS or answer.status >= 300:
            return
        bucket, _, key = call.resource.partition("/")
        sequencer = f"{next(self._numbers):018X}"  # grows, as S3 promises for one key
        for trigger in self._triggers:
            if trigger.bucket != bucket or not trigger.accepts(key):
                continue
            event = f"ObjectCreated:{_EVENTS[call.operation]}"
            record = _record(event, bucket, key, sequencer, trigger.configuration_id)
            delivery = Delivery(trigger.function, {"Records": [record]})
            with self._lock:
                self._history.append(delivery)
                if self._held is not None:
                    self._held.append(delivery)
                    continue
            self.deliver(delivery)

    def deliver(self, delivery: Delivery) -> None:
        """Invokes the function with a notification, also one that was delivered before."""
        self._submit(delivery.function, json.dumps(delivery.event).encode())

    def history(self) -> list[Delivery]:
        """Returns the last notifications, oldest first, including held ones."""
        with self._lock:
            return list(self._history)

    def hold(self) -> None:
        """Keeps notifications back until `release`."""
        with self._lock:
            self._held = self._held if self._held is not None else []

    def release(
        self, arrange: Callable[[list[Delivery]], Sequence[Delivery]] = lambda held: held
    ) -> list[Delivery]:
        """Delivers the held notifications as `arrange` returns them, and returns these.

        `arrange` may reorder them, repeat them (`held * 2`) or lose them (`held[:0]`).
        """
        with self._lock:
            held, self._held = self._held or [], None
        arranged = list(arrange(held))
        for delivery in arranged:
            self.deliver(delivery)
        return arranged


def _record(
    event: str, bucket: str, key: str, sequencer: str, configuration_id: str
) -> dict[str, Any]:
    s3 = s3_backends[ACCOUNT]["aws"]
    written = s3.get_object(bucket, key)
    described = {
        "key": quote_plus(key, safe="/"),
        "size": written.size,
        "eTag": written.etag.strip('"'),
        "versionId": written.version_id if s3.get_bucket(bucket).is_versioned else None,
        "sequencer": sequencer,
    }
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": timestamp(datetime.now(UTC)),
        "eventName": event,
        "userIdentity": {"principalId": f"AWS:{ACCOUNT}"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {
            "x-amz-request-id": uuid.uuid4().hex[:16].upper(),
            "x-amz-id-2": uuid.uuid4().hex,
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": _OWNER},
                "arn": f"arn:aws:s3:::{bucket}",
            },
            "object": {name: value for name, value in described.items() if value is not None},
        },
    }
