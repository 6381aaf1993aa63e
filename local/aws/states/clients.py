"""The AWS clients of Step Functions' service integrations."""

from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local.aws.calls import STATES_ACCESS_KEY
from local.aws.clients import client_of

# The machine retries, and the service checks parameters.
_CONFIG = Config(
    parameter_validation=False, retries={"total_max_attempts": 1}, max_pool_connections=50
)


def integration_clients(endpoint: str) -> Callable[..., Any]:
    """Returns a replacement of boto3.client for moto's interpreter: one client per service."""

    @cache
    def client(service: str) -> Any:
        return _CatchableErrors(client_of(service, endpoint, STATES_ACCESS_KEY, _CONFIG))

    return lambda service_name, **_: client(service_name)


class _CatchableErrors:
    """A client that raises a service error for a broken connection, as Step Functions does."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)

        def call_with_service_errors(*args: Any, **kwargs: Any) -> Any:
            try:
                return found(*args, **kwargs)
            except BotoCoreError as error:
                answer: Any = {
                    "Error": {"Code": "SdkClientException", "Message": str(error)},
                    "ResponseMetadata": {"RequestId": "", "HTTPStatusCode": 0},
                }
                raise ClientError(answer, name) from error

        return call_with_service_errors if callable(found) else found
