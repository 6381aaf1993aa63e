"""A local AWS with a small application of orders, for each test module."""

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local.aws.deployment import Deployment
from local.aws.local_aws import LocalAws
from tests.limits import WAIT_SECONDS

TEMPLATE = Path(__file__).parent / "fixtures" / "orders" / "template.yaml"
TIMEOUT_FACTOR = 5
"""The factor on timeouts of functions; one test waits for one such timeout."""

_numbers = itertools.count()


class Orders:
    """The deployed application, and what tests do with it."""

    def __init__(self, aws: LocalAws, deployment: Deployment) -> None:
        self.aws = aws
        self.deployment = deployment
        self.table = deployment.outputs["TableName"]
        self._clients: dict[str, Any] = {}
        self._ended: dict[str, dict[str, Any]] = {}
        self._changed = threading.Condition()
        self.statuses: list[dict[str, Any]] = []
        aws.on_status_change = self._status_changed

    def client(self, service: str) -> Any:
        if service not in self._clients:
            make: Any = boto3.client
            self._clients[service] = make(
                service,
                endpoint_url=self.aws.endpoint,
                region_name="us-east-1",
                aws_access_key_id="tests",
                aws_secret_access_key="tests",
                config=Config(retries={"total_max_attempts": 1}, max_pool_connections=50),
            )
        return self._clients[service]

    def run(self, function: str, /, **event: Any) -> Any:
        """Returns the result of a function, or its error object."""
        return json.loads(self.aws.invoke(function, json.dumps(event).encode()).payload)

    def start(self, machine: str | None = None, name: str | None = None, **given: Any) -> str:
        """Starts an execution and returns its ARN."""
        arn: str = self.client("stepfunctions").start_execution(
            stateMachineArn=machine or self.deployment.outputs["MachineArn"],
            name=name or f"order-{next(_numbers)}",
            input=json.dumps(given),
        )["executionArn"]
        return arn

    def end_of(self, execution: str) -> dict[str, Any]:
        """Waits for the end of an execution; returns the details of its status change."""
        with self._changed:
            assert self._changed.wait_for(lambda: execution in self._ended, WAIT_SECONDS), (
                "the execution did not end"
            )
        return self._ended[execution]

    def machine(self, timeout: int = 10_000_000, **states: dict[str, Any]) -> str:
        """Creates a machine that starts with the first of these states; returns its ARN."""
        definition = {
            "QueryLanguage": "JSONata",
            "StartAt": next(iter(states)),
            "TimeoutSeconds": timeout,
            "States": states,
        }
        arn: str = self.client("stepfunctions").create_state_machine(
            name=f"machine-{next(_numbers)}",
            definition=json.dumps(definition),
            roleArn="arn:aws:iam::123456789012:role/tests",
        )["stateMachineArn"]
        return arn

    def output_of(self, machine: str, **given: Any) -> Any:
        """Runs a machine and returns its output, or its error if the execution fails."""
        ended = self.end_of(self.start(machine, **given))
        return json.loads(ended["output"]) if ended["status"] == "SUCCEEDED" else ended["error"]

    def arn(self, function: str) -> str:
        return self.deployment.functions[function].arn

    def _status_changed(self, event: dict[str, Any]) -> None:
        detail = event["detail"]
        with self._changed:
            self.statuses.append(event)
            if detail["status"] != "RUNNING":
                self._ended[detail["executionArn"]] = detail
            self._changed.notify_all()


@pytest.fixture(scope="module")
def orders() -> Iterator[Orders]:
    """The application, with a clock on which a second takes 20 ms."""
    with LocalAws(scale=0.02, timeout_factor=TIMEOUT_FACTOR) as aws:
        yield Orders(aws, aws.deploy(TEMPLATE, secrets={"ApiKeySecret": "sk-canary"}))


@pytest.fixture
def tokens(orders: Orders) -> Iterator[Callable[[], str]]:
    """Returns a function that waits for the next task token stored in the table."""
    found: list[str] = []
    arrived = threading.Condition()

    def stored(_: str, record: dict[str, Any]) -> None:
        image = record["dynamodb"].get("NewImage", {})
        if "task_token" in image:
            with arrived:
                found.append(image["task_token"]["S"])
                arrived.notify_all()

    def next_token() -> str:
        with arrived:
            assert arrived.wait_for(lambda: found, WAIT_SECONDS), "no token was stored"
            return found.pop(0)

    orders.aws.on_stream_record = stored
    yield next_token
    orders.aws.on_stream_record = lambda *_: None
