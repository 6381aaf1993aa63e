"""The deployed bucket, as used by a person who drops files and waits for answers."""

import threading
from typing import Any

from local.stack import Stack
from tests.limits import WAIT_SECONDS

CSV = b"month,revenue\n2026-01,10\n2026-02,30\n2026-03,20\n"
PAUSE_SECONDS = 0.25
LOOKS = int(WAIT_SECONDS / PAUSE_SECONDS)


class Bucket:
    """The deployed bucket."""

    def __init__(self, stack: Stack) -> None:
        self.name: str = stack.deployment.outputs["BucketName"]
        self.s3: Any = stack.client("s3")
        self._stack = stack

    def put(self, key: str, body: bytes = CSV, **metadata: str) -> None:
        """Drops an object."""
        self.s3.put_object(Bucket=self.name, Key=key, Body=body, Metadata=metadata)

    def get(self, key: str) -> bytes:
        """What an object holds."""
        body: bytes = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return body

    def keys(self, prefix: str) -> list[str]:
        """The keys that begin so."""
        found = self.s3.list_objects_v2(Bucket=self.name, Prefix=prefix)
        return [each["Key"] for each in found.get("Contents", [])]

    def settle(self) -> None:
        """Waits until nothing happens any more: events, runs and what their ends set off."""
        self._stack.events.drain(WAIT_SECONDS)

    def wait_for(self, key: str) -> bytes:
        """What an object holds that a run has yet to write."""
        pause = threading.Event()
        for _ in range(LOOKS):
            if self.keys(key):
                self.settle()
                return self.get(key)
            pause.wait(PAUSE_SECONDS)
        raise AssertionError(f"{key} was not written")
