"""Local AWS for each module, and event sources that are closed after each test."""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local.aws.clients import client_of
from local.aws.deployment import Deployment
from local.aws.local_aws import LocalAws
from local.events import EventSources
from tests.local.events.stack import ACCOUNT, REGION, Functions, ManualClock


@dataclass
class Aws:
    """Clients and queues on local AWS."""

    endpoint_url: str

    def client(self, service: str) -> Any:
        return client_of(service, self.endpoint_url)

    def queue(self) -> str:
        """Creates a queue and returns its ARN."""
        name = f"failed-{uuid.uuid4().hex[:8]}"
        self.client("sqs").create_queue(QueueName=name)
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def messages(self, queue_arn: str) -> list[tuple[dict[str, Any], dict[str, str]]]:
        """Returns body and attributes of every message in a queue."""
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=queue_arn.rpartition(":")[2])["QueueUrl"]
        received = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages", [])
        return [
            (
                json.loads(message["Body"]),
                {
                    name: value["StringValue"]
                    for name, value in message.get("MessageAttributes", {}).items()
                },
            )
            for message in received
        ]


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with LocalAws() as started:
        yield started


@pytest.fixture
def aws(local_aws: LocalAws) -> Aws:
    return Aws(local_aws.endpoint)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


Listen = Callable[[Deployment, Functions], EventSources]


@pytest.fixture
def listen(local_aws: LocalAws, clock: ManualClock) -> Iterator[Listen]:
    """Starts the event sources of a deployment."""
    opened: list[EventSources] = []

    def start(deployed: Deployment, functions: Functions) -> EventSources:
        sources = EventSources(deployed, functions.invoke, local_aws.endpoint, clock)
        opened.append(sources)
        sources.connect(local_aws)
        return sources

    yield start
    for sources in opened:
        sources.close()
