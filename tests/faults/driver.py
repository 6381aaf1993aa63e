"""Drives the embedded stack: no wait is slept through, and its end is known.

Everything that could still happen is an invocation that runs, a response that the model is at, or
an alarm of the clock. When neither of the first two is there the clock skips to the next alarm.
"""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import requests
from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Write

from local.aws.states.history import HistoryEvent
from local.provider.control.client import ControlClient
from local.stack import Stack
from tests.faults.invocations import Invocations
from tests.faults.project import TENANT, TOOLS

CALM_SECONDS = 0.015
"""Real seconds without anything new that count as calm."""

BUSY_SECONDS = 0.002
"""Processor time in them that still counts as nothing: the looking itself."""

LONGEST_WAIT = 1000.0
"""Alarms further away are limits of executions, not waits."""

MOST_LOOKS = 50
STUCK_LOOKS = 200
ENDS = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}
TIMEOUT_SECONDS = 40.0
ATTEMPTS = 3


class NeverCalmError(AssertionError):
    """Something goes on for ever."""


class Driver:
    """One stack under test."""

    def __init__(self, stack: Stack) -> None:
        assert stack.provider is not None
        self.stack = stack
        self.control: ControlClient = stack.provider.control
        self.invocations = Invocations(stack)
        self.statuses: list[tuple[str, str]] = []
        """Every status that a run was seen in, as (run id, status), in order."""
        self.table = stack.table()
        self._events = 0
        self._running: set[str] = set()
        self._s3, self._states = stack.client("s3"), stack.client("stepfunctions")
        self._dynamodb = stack.client("dynamodb")
        self._bucket = stack.deployment.outputs["BucketName"]
        self.user = ""
        """Whose file is dropped; empty where none is."""
        self.assistant_id = ""
        self.analyst_id = ""
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {stack.api_key}"
        self._listen()

    def hire(self) -> None:
        """Makes the assistants of all scenarios: one calls functions, one analyses data."""
        body = {"model": "gpt-6-luna", "instructions": "Be brief.", "tools": TOOLS}
        self.assistant_id = self.must("POST", "/assistants", body)["id"]
        analyst = {"model": "gpt-6-luna", "tools": [{"type": "code_interpreter"}]}
        self.analyst_id = self.must("POST", "/assistants", analyst)["id"]

    def close(self) -> None:
        self._http.close()

    def begin(self) -> None:
        """Before a scenario: an empty account at the provider, no faults, nothing left running."""
        self._stop_executions()
        self.user = ""
        self.control.reset(keep_endpoints=True)
        self.control.set_deliveries(hold=True)
        self.control.set_speeds(queued=0, working=0.005, webhook_retry=0.01)
        self.stack.aws.faults.clear()
        self.stack.aws.recorder.clear()
        self.invocations.begin()
        self.statuses.clear()

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """A request as a client makes it that tries again when it got no answer or a 5xx."""
        status, answer = 0, None
        for _ in range(ATTEMPTS):
            url = f"{self.stack.base_url}{path}"
            response = self._http.request(method, url, json=body, timeout=TIMEOUT_SECONDS)
            status, answer = response.status_code, json.loads(response.text or "null")
            if status < 500:
                break
        return status, answer

    def must(self, method: str, path: str, body: Any = None) -> Any:
        """The same where nothing may go wrong."""
        status, answer = self.call(method, path, body)
        assert status == 200, f"{method} {path}: {status} {answer}"
        return answer

    def settle(
        self, until: Callable[[], bool] = lambda: False, seconds: float = TIMEOUT_SECONDS
    ) -> None:
        """Lets time pass until nothing is left to happen, or `until` holds in a calm moment.

        A run that waits for somebody who never comes looks for as long as it lives: after so many
        looks this is calm too. Raises NeverCalmError after so many real seconds.
        """
        give_up = time.monotonic() + seconds
        for _ in range(MOST_LOOKS):
            self._await_calm(give_up)
            if until():
                return
            if self.user:
                self._expire_claims()
            if not self.stack.aws.clock.skip(LONGEST_WAIT) and not self._wakes_up():
                return

    def upload(self, name: str, content: bytes) -> str:
        """Uploads a file as a client does; its id."""
        response = self._http.post(
            f"{self.stack.base_url}/files",
            data={"purpose": "assistants"},
            files={"file": (name, content)},
            timeout=TIMEOUT_SECONDS,
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

    def runs(self, thread_id: str) -> list[dict[str, Any]]:
        """The runs of a thread as they are in the table, oldest first."""
        partition = keys.thread_partition(TENANT, thread_id)
        return list(self.table.query(partition, prefix=keys.RUNS))

    def recover(self, thread_id: str) -> None:
        """What time does: the sweeper starts what was not started, later it closes the rest."""
        for seconds in (120, 7200):
            self.settle()
            if not any("open_run" in run for run in self.runs(thread_id)):
                return
            self.sweep(thread_id, seconds)
        self.settle()

    def sweep(self, thread_id: str, seconds: int) -> None:
        """Runs the sweeper as if that much time had passed for the thread's open runs."""
        for run in self.runs(thread_id):
            if "open_run" in run:
                self._age(run, seconds)
        self.stack.events.tick("SweepRunsFunctionEveryMinute")

    def _age(self, run: dict[str, Any], seconds: int) -> None:
        times = {name: run[name] - seconds for name in ("created_at", "deadline")}
        key = {"pk": run["pk"], "sk": run["sk"]}
        self.table.write(Write(key=key, assign=times))

    def _expire_claims(self) -> None:
        """Functions go by the real clock, so a minute that is skipped is none to their claims."""
        scanned = self._dynamodb.scan(
            TableName=self.table.name,
            FilterExpression="claimed > :zero OR claimed_until > :zero",
            ExpressionAttributeValues={":zero": {"N": "0"}},
        )
        for item in scanned["Items"]:
            name = "claimed" if "claimed" in item else "claimed_until"
            key = {"pk": item["pk"]["S"], "sk": item["sk"]["S"]}
            self.table.write(Write(key=key, assign={name: 0}))

    def _stop_executions(self) -> None:
        """Whatever the scenario before has left behind must not disturb the next one."""
        machine = self.stack.deployment.outputs["StateMachineArn"]
        running = self._states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")
        for execution in running["executions"]:
            self._states.stop_execution(executionArn=execution["executionArn"])
        if running["executions"]:
            self.settle()

    def _listen(self) -> None:
        aws = self.stack.aws
        history, stream = aws.on_history, aws.on_stream_record

        def on_history(event: HistoryEvent) -> None:
            self._events += 1
            if event.type == "ExecutionStarted":
                self._running.add(event.execution)
            elif event.type in ENDS:
                self._running.discard(event.execution)
            history(event)

        def on_stream(table: str, record: dict[str, Any]) -> None:
            image = record["dynamodb"].get("NewImage", {})
            if "run_status" in image:
                self.statuses.append((image["id"]["S"], image["run_status"]["S"]))
            stream(table, record)

        aws.on_history, aws.on_stream_record = on_history, on_stream

    def _wakes_up(self) -> bool:
        """Whether an execution runs on: one without an alarm was not calm, only out of breath."""
        seen, pause = self._events, threading.Event()
        for _ in range(STUCK_LOOKS):
            if not self._running or self._events != seen:
                return self._events != seen
            pause.wait(0.01)
        return False

    def _await_calm(self, give_up: float) -> None:
        seen, since, used = None, time.monotonic(), time.process_time()
        pause = threading.Event()
        while time.monotonic() < give_up:
            pause.wait(0.003)
            now = (self._events, len(self.stack.aws.recorder.calls()), self.invocations.running)
            if now != seen or self.invocations.running:
                seen, since, used = now, time.monotonic(), time.process_time()
            elif time.process_time() - used > BUSY_SECONDS:
                since, used = time.monotonic(), time.process_time()
            elif time.monotonic() - since >= CALM_SECONDS and self._provider_is_calm():
                return
        raise NeverCalmError(f"{self.invocations.running} invocations still run")

    def _provider_is_calm(self) -> bool:
        """Nothing is being made there, except what a gate holds back."""
        counters = self.control.counters()
        return not counters["moving"]
