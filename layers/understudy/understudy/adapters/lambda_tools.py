"""Tools that are other Lambda functions: invoked, waited for, and never retried by the client.

Whether a call may be made a second time is decided by who knows its side effects, so the client of
AWS has one attempt, and waits as long as the tool may take.
"""

import json
import math
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from understudy.adapters.aws import client
from understudy.observability import logger
from understudy.tools.registry import InvalidOutputError, ToolError, ToolTimeoutError


class ToolUnavailableError(ToolError):
    """The other function could not be invoked."""

    code = "unavailable"


class LambdaTools:
    """What a RemoteInvoker is made of."""

    def invoke(self, arn: str, payload: dict[str, Any], timeout_seconds: float, /) -> Any:
        """The function's return value.

        Raises ToolTimeoutError, ToolUnavailableError, InvalidOutputError for what is not JSON, and
        ToolError, without a word of it, if the function failed.
        """
        seconds = max(1, math.ceil(timeout_seconds))
        try:
            answer = client("lambda", read_seconds=seconds, attempts=1).invoke(
                FunctionName=arn, Payload=json.dumps(payload).encode()
            )
            body: bytes = answer["Payload"].read()
        except ReadTimeoutError as error:
            raise ToolTimeoutError(f"The tool did not answer within {seconds} seconds.") from error
        except ClientError as error:
            raise _unavailable(arn, error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise _unavailable(arn, type(error).__name__) from error
        if "FunctionError" in answer:
            logger.error("remote_tool_failed", arn=arn, error=answer["FunctionError"])
            raise ToolError("The tool failed. Trying again with the same arguments may not help.")
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise InvalidOutputError("The tool returned a value that is not JSON.") from error


def _unavailable(arn: str, reason: str) -> ToolUnavailableError:
    logger.error("remote_tool_not_invoked", arn=arn, reason=reason)
    return ToolUnavailableError("The tool cannot be reached at the moment.")
