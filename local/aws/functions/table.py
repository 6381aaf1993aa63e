"""Finds functions by any of their names."""

from collections.abc import Iterable

from local.aws.deployment import Function
from local.aws.functions.outcome import InvokeError


class FunctionTable:
    """The functions of a deployment."""

    def __init__(self, functions: Iterable[Function]) -> None:
        self.all = list(functions)
        self._by_name = {name: function for function in self.all for name in _names(function)}

    def find(self, name: str) -> Function:
        """By logical id, name or ARN, with or without a qualifier.

        Raises InvokeError with ResourceNotFoundException.
        """
        if name not in self._by_name and ":function:" in name:
            name = name.split(":function:")[1].partition(":")[0]
        if name not in self._by_name:
            message = f"Function not found: {name}"
            raise InvokeError("ResourceNotFoundException", message, 404)
        return self._by_name[name]


def _names(function: Function) -> tuple[str, ...]:
    return function.name, function.physical_name, function.arn
