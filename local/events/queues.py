"""SQS queues on the embedded AWS, addressed by ARN as Lambda and EventBridge do."""

import json
import threading
from collections.abc import Mapping
from typing import Any

from local.events.clients import local_client


class Queues:
    """Sends messages to the queues behind ARNs."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._clients: dict[str, Any] = {}
        self._urls: dict[str, str] = {}
        self._lock = threading.Lock()

    def send(self, queue_arn: str, body: Any, attributes: Mapping[str, str] | None = None) -> None:
        """Puts one JSON message into a queue; attributes are sent as strings."""
        *_, region, _account, name = queue_arn.split(":")
        client = self._client(region)
        with self._lock:
            if queue_arn not in self._urls:
                self._urls[queue_arn] = client.get_queue_url(QueueName=name)["QueueUrl"]
        client.send_message(
            QueueUrl=self._urls[queue_arn],
            MessageBody=body if isinstance(body, str) else json.dumps(body),
            MessageAttributes={
                key: {"DataType": "String", "StringValue": value}
                for key, value in (attributes or {}).items()
                if value
            },
        )

    def _client(self, region: str) -> Any:
        with self._lock:
            if region not in self._clients:
                self._clients[region] = local_client("sqs", self._endpoint_url, region)
            return self._clients[region]
