"""Runs functions at another Lambda endpoint, such as `sam local start-lambda`."""

from collections.abc import Iterator

from botocore.config import Config
from botocore.exceptions import ClientError

from local.aws.clients import client_of
from local.aws.deployment import Function
from local.aws.functions.outcome import FunctionFailedError, FunctionTable, InvokeError, Outcome

_LONGEST_FUNCTION_SECONDS = 900
_CONFIG = Config(
    read_timeout=_LONGEST_FUNCTION_SECONDS,
    retries={"total_max_attempts": 1},
    max_pool_connections=50,
)


class RemoteFunctions:
    """Invokes functions by logical id, which is how `sam local` names them."""

    def __init__(self, functions: list[Function], endpoint: str) -> None:
        self.table = FunctionTable(functions)
        self._client = client_of("lambda", endpoint, config=_CONFIG)

    def invoke(self, function: str, payload: bytes) -> Outcome:
        """Runs a function; raises InvokeError when the endpoint responds with an error."""
        name = self.table.find(function).name
        try:
            answer = self._client.invoke(FunctionName=name, Payload=payload)
        except ClientError as error:
            details, http = error.response["Error"], error.response["ResponseMetadata"]
            status = http["HTTPStatusCode"]
            raise InvokeError(details["Code"], details.get("Message", ""), status) from error
        return Outcome(answer["Payload"].read(), answer.get("FunctionError"))

    def stream(self, function: str, payload: bytes) -> Iterator[bytes]:
        """Yields the whole response of a streaming function at once: `sam local` cannot stream.

        Raises InvokeError, or FunctionFailedError when the function fails.
        """
        outcome = self.invoke(function, payload)
        if outcome.error is not None:
            raise FunctionFailedError(outcome.payload.decode("utf-8", "replace"))
        yield outcome.payload

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()
