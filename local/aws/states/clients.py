"""The AWS clients of service integrations."""

import threading
from typing import Any

import boto3
from botocore.config import Config

from local.aws.callers import STATES_ACCESS_KEY

# Retries are the machine's business, parameters are checked by the service.
_CONFIG = Config(
    parameter_validation=False, retries={"total_max_attempts": 1}, max_pool_connections=50
)


_make_client: Any = boto3.client  # by a name that is only known at run time


class IntegrationClients:
    """One client for each service, shared by all executions."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()

    def get(self, service_name: str, region_name: str, **_: Any) -> Any:
        """Takes what boto3.client takes, and goes its own way with most of it."""
        with self._making:
            if service_name not in self._clients:
                self._clients[service_name] = _make_client(
                    service_name,
                    region_name=region_name,
                    endpoint_url=self._endpoint,
                    aws_access_key_id=STATES_ACCESS_KEY,
                    aws_secret_access_key="local",  # noqa: S106 - nobody checks it
                    config=_CONFIG,
                )
        return self._clients[service_name]
