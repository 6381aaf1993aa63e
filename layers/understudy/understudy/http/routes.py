"""Route functions, and the operations that they serve."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler import Response

from understudy.http.operations import Operation

RouteFunction = Callable[..., Mapping[str, Any] | Response[Any]]
F = TypeVar("F", bound=RouteFunction)


class Routes:
    """The route functions of a module, by the id of the operation that each serves.

    A route function takes the Request and the path's parameters, and returns the object of the
    response, or a Response if it is not JSON.
    """

    def __init__(self) -> None:
        self.functions: dict[str, RouteFunction] = {}

    def __call__(self, operation_id: str) -> Callable[[F], F]:
        """Returns the decorator of the function that serves the operation."""

        def attach(function: F) -> F:
            self.functions[operation_id] = function
            return function

        return attach


def matched(
    operations: Sequence[Operation], routes: Sequence[Routes]
) -> list[tuple[Operation, RouteFunction]]:
    """Returns each operation with its function.

    Raises LookupError if one has none, or if a function serves an operation that does not exist.
    """
    functions = {name: found for each in routes for name, found in each.functions.items()}
    ids = {operation.id for operation in operations}
    if wrong := ids ^ functions.keys():
        raise LookupError(f"operations and route functions differ: {sorted(wrong)}")
    return [(operation, functions[operation.id]) for operation in operations]
