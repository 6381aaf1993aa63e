"""Drives the local stack: waits are skipped, and the driver knows when nothing is left to do.

All pending work either runs now or waits for an alarm of the clock. When the stack is idle, the
clock skips to the next alarm.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import requests
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Table, Write

from local.provider.control import ControlClient
from local.stack import REGION, Stack
from tests.faults.calm import Calm
from tests.faults.gates import Gates
from tests.faults.invocations import Invocations
from tests.faults.project import TENANT, TOOLS
from tests.faults.stored import StoredItems
from tests.limits import WAIT_SECONDS

MOST_LOOKS = 50
ATTEMPTS = 3


class Driver:
    """One stack under test."""

    def __init__(self, stack: Stack) -> None:
        assert stack.provider is not None
        self.stack = stack
        self.control: ControlClient = stack.provider.control
        self.invocations = Invocations(stack)
        self.gates = Gates(stack)
        self.statuses: list[tuple[str, str]] = []
        """Every status that a run was seen in, as (run id, status), in order."""
        self._stored = StoredItems(self._items, stack.client("dynamodb"))
        self.table = Table(self._stored, stack.deployment.outputs["TableName"])
        self.sqs = stack.client("sqs")
        self._s3, self._states = stack.client("s3"), stack.client("stepfunctions")
        self._bucket = stack.deployment.outputs["BucketName"]
        self.user = ""
        """Whose file is dropped; empty where none is."""
        self._hired: set[Any] = set()
        self.assistant_id = ""
        self.analyst_id = ""
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {stack.api_key}"
        self._note_statuses()
        self._calm = Calm(stack, self.invocations)

    def hire(self) -> None:
        """Creates the assistants of all scenarios: one calls functions, one analyses data."""
        body = {"model": "gpt-6-luna", "instructions": "Be brief.", "tools": TOOLS}
        self.assistant_id = self.must("POST", "/assistants", body)["id"]
        analyst = {"model": "gpt-6-luna", "tools": [{"type": "code_interpreter"}]}
        self.analyst_id = self.must("POST", "/assistants", analyst)["id"]
        self._hired = set(self._items())

    def close(self) -> None:
        self._http.close()

    def begin(self) -> None:
        """Prepares a scenario: empties the provider's account and stops faults and executions."""
        self._stop_executions()
        self._empty_table()
        self.user = ""
        self.control.reset(keep_endpoints=True)
        self.control.set_deliveries(hold=True)
        self.control.set_speeds(queued=0, working=0.005, webhook_retry=0.01)
        self.stack.aws.faults.clear()
        self.stack.aws.recorder.clear()
        self.invocations.begin()
        self.gates.open()
        self.statuses.clear()

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Sends a request as a client that retries after a lost response or a 5xx."""
        status, answer = 0, None
        for _ in range(ATTEMPTS):
            response = self._http.request(
                method,
                f"{self.stack.base_url}{path}",
                json=body,
                headers=headers,
                timeout=WAIT_SECONDS,
            )
            status, answer = response.status_code, json.loads(response.text or "null")
            if status < 500:
                break
        return status, answer

    def must(self, method: str, path: str, body: Any = None) -> Any:
        """Sends a request that must succeed; returns its body."""
        status, answer = self.call(method, path, body)
        assert status == 200, f"{method} {path}: {status} {answer}"
        return answer

    def lose_status_events(self, patch: pytest.MonkeyPatch) -> None:
        """Loses the events about ended executions while the patch is applied."""
        self._calm.lose_status_events(patch)

    def settle(
        self, until: Callable[[], bool] = lambda: False, seconds: float = WAIT_SECONDS
    ) -> None:
        """Advances the clock until nothing is left to do, or until `until` holds in an idle stack.

        A run whose client never responds polls until its deadline: after MOST_LOOKS skips the stack
        counts as idle. Raises NeverCalmError after `seconds` real seconds.
        """
        give_up = time.monotonic() + seconds
        for _ in range(MOST_LOOKS):
            self._calm.wait(give_up)
            if until():
                return
            if self.user:
                self._expire_claims()
            if not self._calm.skip(give_up):
                return

    def rest(self, seconds: float = WAIT_SECONDS) -> None:
        """Returns when nothing goes on any more; no time passes on the stack's clock.

        Raises NeverCalmError after so many real seconds.
        """
        self._calm.wait(time.monotonic() + seconds)

    def upload(self, name: str, content: bytes) -> str:
        """Uploads a file as a client does; returns its id."""
        response = self._http.post(
            f"{self.stack.base_url}/files",
            data={"purpose": "assistants"},
            files={"file": (name, content)},
            timeout=WAIT_SECONDS,
        )
        assert response.status_code == 200, response.text
        return str(response.json()["id"])

    def drop(self, key: str, content: bytes, metadata: dict[str, str]) -> None:
        """Puts an object into the bucket."""
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=content, Metadata=metadata)

    def objects(self, prefix: str) -> list[str]:
        """Returns the keys in the bucket with this prefix."""
        found = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=prefix)
        return [each["Key"] for each in found.get("Contents", [])]

    def items(self, *names: str) -> list[dict[str, Any]]:
        """Returns the items that have one of these attributes, with DynamoDB's types."""
        return [item for item in self._stored.everything() if item.keys() & set(names)]

    def runs(self, thread_id: str) -> list[dict[str, Any]]:
        """Returns the runs of a thread in the table, oldest first."""
        partition = keys.thread_partition(TENANT, thread_id)
        return list(self.table.query(partition, prefix=keys.RUNS))

    def recover(self, thread_id: str) -> None:
        """Advances the clock: the sweep starts runs without an execution and ends open ones."""
        for seconds in (120, 7200):
            self.settle()
            if not any("sweep_at" in run for run in self.runs(thread_id)):
                return
            self.sweep(thread_id, seconds)
        self.settle()

    def sweep(self, thread_id: str, seconds: int) -> None:
        """Runs the sweep after making the thread's open runs older by that time."""
        for run in self.runs(thread_id):
            if "sweep_at" in run:
                self._age(run, seconds)
        self.stack.events.tick("SweepRunsFunctionEveryMinute")

    def _age(self, run: dict[str, Any], seconds: int) -> None:
        times = {name: run[name] - seconds for name in ("created_at", "deadline", "sweep_at")}
        key = {"pk": run["pk"], "sk": run["sk"]}
        self.table.write(Write(key=key, assign=times))

    def _expire_claims(self) -> None:
        """Expires leases: functions use the real clock, so skipped minutes do not."""
        for item in self.items("claimed", "lease_until"):
            name = "claimed" if "claimed" in item else "lease_until"
            if item[name]["N"] == "0":
                continue
            key = {"pk": item["pk"]["S"], "sk": item["sk"]["S"]}
            self.table.write(Write(key=key, assign={name: 0}))

    def _empty_table(self) -> None:
        """Deletes all items but the assistants."""
        items = self._items()
        for partition in [each for each in items if each not in self._hired]:
            del items[partition]

    def _items(self) -> dict[Any, Any]:
        """Returns moto's items of the table by partition key."""
        backend = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION]
        items: dict[Any, Any] = backend.tables[self.table.name].items
        return items

    def _stop_executions(self) -> None:
        """Stops what the previous scenario left running."""
        machine = self.stack.deployment.outputs["StateMachineArn"]
        for name in self._calm.executions():
            arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
            self._states.stop_execution(executionArn=arn)
            self.settle()

    def _note_statuses(self) -> None:
        stream = self.stack.aws.on_stream_record

        def on_stream(table: str, record: dict[str, Any]) -> None:
            image = record["dynamodb"].get("NewImage", {})
            if "run_status" in image:
                self.statuses.append((image["id"]["S"], image["run_status"]["S"]))
            stream(table, record)

        self.stack.aws.on_stream_record = on_stream
