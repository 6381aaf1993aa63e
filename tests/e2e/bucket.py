"""The deployed bucket, for tests that drop files and wait for reports."""

from typing import Any

from local.stack import Stack
from tests.limits import WAIT_SECONDS, wait_until

CSV = b"month,revenue\n2026-01,10\n2026-02,30\n2026-03,20\n"


class Bucket:
    """The deployed bucket."""

    def __init__(self, stack: Stack) -> None:
        self.name: str = stack.deployment.outputs["BucketName"]
        self.s3: Any = stack.client("s3")
        self._stack = stack

    def put(self, key: str, body: bytes = CSV, **metadata: str) -> None:
        """Puts an object."""
        self.s3.put_object(Bucket=self.name, Key=key, Body=body, Metadata=metadata)

    def get(self, key: str) -> bytes:
        """Returns the content of an object."""
        body: bytes = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return body

    def keys(self, prefix: str) -> list[str]:
        """Returns the keys below a prefix."""
        found = self.s3.list_objects_v2(Bucket=self.name, Prefix=prefix)
        return [each["Key"] for each in found.get("Contents", [])]

    def settle(self) -> None:
        """Waits until all events and runs, and what they trigger, are done."""
        self._stack.events.drain(WAIT_SECONDS)

    def wait_for(self, key: str) -> bytes:
        """Waits for an object, and for all that its event triggers; returns its content."""
        wait_until(lambda: self.keys(key), f"a write of {key}")
        self.settle()
        return self.get(key)
