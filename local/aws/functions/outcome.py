"""What invocations need and return: names of functions, outcomes and refusals."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from local.aws.deployment import Function


@dataclass(frozen=True)
class Outcome:
    """The response of Lambda's Invoke API."""

    payload: bytes
    """The handler's result as JSON, or an object with errorType, errorMessage and stackTrace."""
    error: str | None
    """None, or "Unhandled": the value of the header X-Amz-Function-Error."""


def failure(kind: str, message: str) -> Outcome:
    """Returns the outcome of an invocation whose process died or timed out."""
    payload = json.dumps({"errorType": kind, "errorMessage": message}).encode()
    return Outcome(payload, "Unhandled")


class InvokeError(Exception):
    """Lambda refuses an invocation before it reaches the function."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(message)
        self.code = code
        """As in the API, for example TooManyRequestsException."""
        self.status = status
        """The HTTP status of the response."""


class FunctionFailedError(Exception):
    """A streaming function failed: before its response, or in the middle of it."""


class FunctionTable:
    """The functions of a deployment, by any of their names."""

    def __init__(self, functions: Iterable[Function]) -> None:
        self.all = list(functions)
        self._by_name = {
            name: function
            for function in self.all
            for name in (function.name, function.physical_name, function.arn)
        }

    def find(self, name: str) -> Function:
        """Returns a function by logical id, name or ARN, with or without a qualifier.

        Raises InvokeError with ResourceNotFoundException.
        """
        if name not in self._by_name and ":function:" in name:
            name = name.split(":function:")[1].partition(":")[0]
        if name not in self._by_name:
            message = f"Function not found: {name}"
            raise InvokeError("ResourceNotFoundException", message, 404)
        return self._by_name[name]
