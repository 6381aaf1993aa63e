"""The AWS clients of service integrations."""

import threading
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

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
                made = _make_client(
                    service_name,
                    region_name=region_name,
                    endpoint_url=self._endpoint,
                    aws_access_key_id=STATES_ACCESS_KEY,
                    aws_secret_access_key="local",  # noqa: S106 - nobody checks it
                    config=_CONFIG,
                )
                self._clients[service_name] = _CatchableErrors(made)
        return self._clients[service_name]


class _CatchableErrors:
    """A client whose broken connections are errors of the service, as Step Functions has them."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return _catchable(found, name) if callable(found) else found


def _catchable(call: Callable[..., Any], name: str) -> Callable[..., Any]:
    def carried_out(*given: Any, **named: Any) -> Any:
        try:
            return call(*given, **named)
        except BotoCoreError as error:
            answer: Any = {
                "Error": {"Code": "SdkClientException", "Message": str(error)},
                "ResponseMetadata": {"RequestId": "", "HTTPStatusCode": 0},
            }
            raise ClientError(answer, name) from error

    return carried_out
