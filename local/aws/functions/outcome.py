"""What came of one Lambda invocation."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """The answer of Lambda's Invoke API to one call."""

    payload: bytes
    """The handler's result as JSON, or an object with errorType, errorMessage and stackTrace."""
    error: str | None
    """None, or "Unhandled": the value of the header X-Amz-Function-Error."""
    duration_ms: float
    cold: bool
    billed_function: str


def failure(kind: str, message: str, duration_ms: float, cold: bool, function: str) -> Outcome:
    """What Lambda answers when the process could not answer itself."""
    payload = json.dumps({"errorType": kind, "errorMessage": message}).encode()
    return Outcome(payload, "Unhandled", duration_ms, cold, function)


class InvokeError(Exception):
    """Lambda refuses an invocation before it reaches the function."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(message)
        self.code = code
        """As in the API, for example TooManyRequestsException."""
        self.status = status
        """The HTTP status of the answer."""
