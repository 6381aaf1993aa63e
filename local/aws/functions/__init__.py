"""Lambda on one machine: functions in worker processes that see only what Lambda gives them."""

from local.aws.functions.outcome import FunctionFailedError, FunctionTable, InvokeError, Outcome
from local.aws.functions.remote import RemoteFunctions
from local.aws.functions.runtime import FunctionRuntime

__all__ = [
    "FunctionFailedError",
    "FunctionRuntime",
    "FunctionTable",
    "InvokeError",
    "Outcome",
    "RemoteFunctions",
]
