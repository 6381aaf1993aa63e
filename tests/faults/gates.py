"""Blocks a function's calls, before or after their effect, until an action is done."""

from collections.abc import Callable

from local.aws.calls import Call
from local.aws.recorder import Answer
from local.stack import Stack

Gate = tuple[str, str]
"""A function and an operation."""


class Gates:
    """The gates of one stack."""

    def __init__(self, stack: Stack) -> None:
        self._before: dict[Gate, Callable[[], None]] = {}
        self._after: dict[Gate, Callable[[], None]] = {}
        self._record = stack.aws.recorder.add
        stack.aws.recorder.add = self._arrive  # type: ignore[method-assign]
        stack.aws.listen(self._leave)

    def before(self, function: str, operation: str, act: Callable[[], None]) -> None:
        """Blocks such calls of the function before their effect until `act` is done."""
        self._before[function, operation] = act

    def after(self, function: str, operation: str, act: Callable[[], None]) -> None:
        """Blocks the responses of such calls, after their effect, until `act` is done."""
        self._after[function, operation] = act

    def open(self) -> None:
        """Lets all calls pass from now on."""
        self._before, self._after = {}, {}

    def _arrive(self, call: Call) -> None:
        _pass(self._before, call)
        self._record(call)

    def _leave(self, call: Call, _answer: Answer) -> None:
        _pass(self._after, call)


def _pass(gates: dict[Gate, Callable[[], None]], call: Call) -> None:
    act = gates.get((call.caller.name, call.operation))
    if act is not None:
        act()
