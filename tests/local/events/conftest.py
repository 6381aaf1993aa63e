"""The moto server, and event sources that are closed after each test."""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local.aws.deployment import Deployment
from local.aws.embedded import EmbeddedAws
from local.events import EventSources
from local.events.clients import local_client
from tests.local.events.stack import ACCOUNT, REGION, Functions, ManualClock


@dataclass
class Aws:
    """The embedded AWS of the tests."""

    endpoint_url: str

    def client(self, service: str) -> Any:
        return local_client(service, self.endpoint_url, REGION)

    def queue(self) -> str:
        """The ARN of a new queue."""
        name = f"failed-{uuid.uuid4().hex[:8]}"
        self.client("sqs").create_queue(QueueName=name)
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def messages(self, queue_arn: str) -> list[tuple[dict[str, Any], dict[str, str]]]:
        """Body and attributes of every message in a queue."""
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
def embedded() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as started:
        yield started


@pytest.fixture
def aws(embedded: EmbeddedAws) -> Aws:
    return Aws(embedded.endpoint)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


Listen = Callable[[Deployment, Functions], EventSources]


@pytest.fixture
def listen(embedded: EmbeddedAws, clock: ManualClock) -> Iterator[Listen]:
    """Starts the event sources of a deployment."""
    opened: list[EventSources] = []

    def start(deployed: Deployment, functions: Functions) -> EventSources:
        sources = EventSources(deployed, functions.invoke, embedded.endpoint, clock)
        opened.append(sources)
        sources.connect(embedded)
        sources.start()
        return sources

    yield start
    for sources in opened:
        sources.close()
