"""Runs functions at another Lambda endpoint, such as `sam local start-lambda`."""

import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local.aws.deployment import Function
from local.aws.functions.outcome import InvokeError, Outcome
from local.aws.functions.table import FunctionTable
from local.aws.naming import REGION

_LONGEST_FUNCTION_SECONDS = 900


class RemoteFunctions:
    """Asks the endpoint by logical id, which is how `sam local` names functions."""

    def __init__(self, functions: list[Function], endpoint: str) -> None:
        self.table = FunctionTable(functions)
        self._client: Any = boto3.client(
            "lambda",
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - nobody checks it
            config=Config(
                read_timeout=_LONGEST_FUNCTION_SECONDS,
                retries={"total_max_attempts": 1},
                max_pool_connections=50,
            ),
        )

    def invoke(self, function: str, payload: bytes) -> Outcome:
        """Raises InvokeError where the endpoint answers an error."""
        name = self.table.find(function).name
        started = time.monotonic()
        try:
            answer = self._client.invoke(FunctionName=name, Payload=payload)
        except ClientError as error:
            told, http = error.response["Error"], error.response["ResponseMetadata"]
            raise InvokeError(
                told["Code"], told.get("Message", ""), http["HTTPStatusCode"]
            ) from error
        body = answer["Payload"].read()
        duration_ms = (time.monotonic() - started) * 1000
        return Outcome(body, answer.get("FunctionError"), duration_ms, False, name)

    def close(self) -> None:
        self._client.close()
