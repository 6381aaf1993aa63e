"""SQS queues on local AWS, addressed by ARN as Lambda does."""

import json
import threading
from collections.abc import Mapping
from typing import Any

from local.aws.clients import client_of


class Queues:
    """Sends messages to queues."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._client: Any = None
        self._urls: dict[str, str] = {}
        self._lock = threading.Lock()

    def send(self, queue_arn: str, body: Any, attributes: Mapping[str, str] | None = None) -> None:
        """Sends text as it is and anything else as JSON; attributes are strings."""
        with self._lock:
            self._client = self._client or client_of("sqs", self._endpoint_url)
            if queue_arn not in self._urls:
                name = queue_arn.rpartition(":")[2]
                self._urls[queue_arn] = self._client.get_queue_url(QueueName=name)["QueueUrl"]
        self._client.send_message(
            QueueUrl=self._urls[queue_arn],
            MessageBody=body if isinstance(body, str) else json.dumps(body),
            MessageAttributes={
                key: {"DataType": "String", "StringValue": value}
                for key, value in (attributes or {}).items()
                if value
            },
        )
