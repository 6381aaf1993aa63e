"""One embedded AWS with the toy application of orders, for each test module."""

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
from local.aws.embedded import EmbeddedAws

TEMPLATE = Path(__file__).parent / "fixtures" / "orders" / "template.yaml"
_numbers = itertools.count()


class Orders:
    """The deployed application and the ways in which tests use it."""

    def __init__(self, aws: EmbeddedAws, deployment: Deployment) -> None:
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
        """The result of a function, or its error object."""
        return json.loads(self.aws.invoke(function, json.dumps(event).encode()).payload)

    def start(self, machine: str | None = None, name: str | None = None, **given: Any) -> str:
        """Start an execution; its ARN."""
        arn: str = self.client("stepfunctions").start_execution(
            stateMachineArn=machine or self.deployment.outputs["MachineArn"],
            name=name or f"order-{next(_numbers)}",
            input=json.dumps(given),
        )["executionArn"]
        return arn

    def end_of(self, execution: str) -> dict[str, Any]:
        """The details of the status change that ended an execution, once it has."""
        with self._changed:
            assert self._changed.wait_for(lambda: execution in self._ended, 20), "it never ended"
        return self._ended[execution]

    def machine(self, timeout: int = 10_000_000, **states: dict[str, Any]) -> str:
        """Create a machine of these states, which starts with the first of them."""
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
        """Run a machine and give its output; an execution that fails gives its error."""
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
    """The application on a clock on which a second takes 20 ms."""
    with EmbeddedAws(scale=0.02) as aws:
        yield Orders(aws, aws.deploy(TEMPLATE, secrets={"ApiKeySecret": "sk-canary"}))


@pytest.fixture
def tokens(orders: Orders) -> Iterator[Callable[[], str]]:
    """Waits for the next task token that an execution stores in the table."""
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
            assert arrived.wait_for(lambda: found, 10), "no token was stored"
            return found.pop(0)

    orders.aws.on_stream_record = stored
    yield next_token
    orders.aws.on_stream_record = lambda *_: None
