"""Invokes remote tools, which are other Lambda functions.

The AWS client makes one attempt and waits for the tool's whole timeout. Only `server_tools.py`
may retry, because it knows whether a tool has side effects.
"""

import json
import math
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from understudy.adapters.aws import client
from understudy.observability import logger
from understudy.tools.registry import InvalidOutputError, ToolError, ToolTimeoutError


class ToolUnavailableError(ToolError):
    """The Lambda function could not be invoked."""

    code = "unavailable"


class LambdaTools:
    """Implements RemoteInvoker with Lambda's Invoke."""

    def invoke(self, arn: str, payload: dict[str, Any], timeout_seconds: float, /) -> Any:
        """Returns the function's decoded result.

        Raises ToolTimeoutError, ToolUnavailableError, InvalidOutputError if the result is not JSON,
        and ToolError, without the function's own message, if the function failed.
        """
        seconds = max(1, math.ceil(timeout_seconds))
        try:
            response = client("lambda", read_seconds=seconds, attempts=1).invoke(
                FunctionName=arn, Payload=json.dumps(payload).encode()
            )
            body: bytes = response["Payload"].read()
        except ReadTimeoutError as error:
            raise ToolTimeoutError(f"The tool did not return within {seconds} seconds.") from error
        except ClientError as error:
            raise _unavailable(arn, error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise _unavailable(arn, type(error).__name__) from error
        if "FunctionError" in response:
            logger.error("remote_tool_failed", arn=arn, error=response["FunctionError"])
            raise ToolError("The tool failed. Trying again with the same arguments may not help.")
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise InvalidOutputError("The tool returned a value that is not JSON.") from error


def _unavailable(arn: str, reason: str) -> ToolUnavailableError:
    logger.error("remote_tool_not_invoked", arn=arn, reason=reason)
    return ToolUnavailableError("The tool cannot be reached at the moment.")
