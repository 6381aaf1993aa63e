"""Drives the embedded stack: no wait is slept through, and its end is known.

Everything that could still happen goes on now, or waits for an alarm of the clock. When nothing
goes on the clock skips to the next alarm.
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
        """Makes the assistants of all scenarios: one calls functions, one analyses data."""
        body = {"model": "gpt-6-luna", "instructions": "Be brief.", "tools": TOOLS}
        self.assistant_id = self.must("POST", "/assistants", body)["id"]
        analyst = {"model": "gpt-6-luna", "tools": [{"type": "code_interpreter"}]}
        self.analyst_id = self.must("POST", "/assistants", analyst)["id"]
        self._hired = set(self._items())

    def close(self) -> None:
        self._http.close()

    def begin(self) -> None:
        """Before a scenario: an empty account at the provider, no faults, nothing left running."""
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
        """A request as a client makes it that tries again when it got no answer or a 5xx."""
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
        """The same where nothing may go wrong."""
        status, answer = self.call(method, path, body)
        assert status == 200, f"{method} {path}: {status} {answer}"
        return answer

    def lose_status_events(self, patch: pytest.MonkeyPatch) -> None:
        """As long as the patch holds no event says that an execution has ended."""
        self._calm.lose_status_events(patch)

    def settle(
        self, until: Callable[[], bool] = lambda: False, seconds: float = WAIT_SECONDS
    ) -> None:
        """Lets time pass until nothing is left to happen, or `until` holds in a calm moment.

        A run whose client never responds polls until its deadline: after MOST_LOOKS skips it counts
        as calm too. Raises NeverCalmError after so many real seconds.
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
        """Uploads a file as a client does; its id."""
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
        """The keys in the bucket that begin so."""
        found = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=prefix)
        return [each["Key"] for each in found.get("Contents", [])]

    def items(self, *names: str) -> list[dict[str, Any]]:
        """The items that have one of these attributes, as DynamoDB has them."""
        return [item for item in self._stored.everything() if item.keys() & set(names)]

    def runs(self, thread_id: str) -> list[dict[str, Any]]:
        """The runs of a thread as they are in the table, oldest first."""
        partition = keys.thread_partition(TENANT, thread_id)
        return list(self.table.query(partition, prefix=keys.RUNS))

    def recover(self, thread_id: str) -> None:
        """Lets time pass: the sweep starts runs without an execution, and later ends open ones."""
        for seconds in (120, 7200):
            self.settle()
            if not any("sweep_at" in run for run in self.runs(thread_id)):
                return
            self.sweep(thread_id, seconds)
        self.settle()

    def sweep(self, thread_id: str, seconds: int) -> None:
        """Runs the sweep as if that much time had passed for the thread's open runs."""
        for run in self.runs(thread_id):
            if "sweep_at" in run:
                self._age(run, seconds)
        self.stack.events.tick("SweepRunsFunctionEveryMinute")

    def _age(self, run: dict[str, Any], seconds: int) -> None:
        times = {name: run[name] - seconds for name in ("created_at", "deadline", "sweep_at")}
        key = {"pk": run["pk"], "sk": run["sk"]}
        self.table.write(Write(key=key, assign=times))

    def _expire_claims(self) -> None:
        """Functions go by the real clock, so a skipped minute does not end their leases."""
        for item in self.items("claimed", "lease_until"):
            name = "claimed" if "claimed" in item else "lease_until"
            if item[name]["N"] == "0":
                continue
            key = {"pk": item["pk"]["S"], "sk": item["sk"]["S"]}
            self.table.write(Write(key=key, assign={name: 0}))

    def _empty_table(self) -> None:
        """Only the assistants stay."""
        items = self._items()
        for partition in [each for each in items if each not in self._hired]:
            del items[partition]

    def _items(self) -> dict[Any, Any]:
        """What moto has in the table, by partition key."""
        backend = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION]
        items: dict[Any, Any] = backend.tables[self.table.name].items
        return items

    def _stop_executions(self) -> None:
        """Whatever the scenario before has left behind must not disturb the next one."""
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
