"""Lambda on one machine: worker processes that see what the template gives them."""

from local.aws.functions.outcome import InvokeError, Outcome
from local.aws.functions.runtime import FunctionRuntime

__all__ = ["FunctionRuntime", "InvokeError", "Outcome"]
