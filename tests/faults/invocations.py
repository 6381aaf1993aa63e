"""The invocations of a stack: counts, repeats or kills them, or acts right before one."""

import threading
from collections import Counter
from collections.abc import Callable

from local.aws.functions import Outcome
from local.stack import Stack


class Once:
    """An action that the first caller runs while the others wait."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act: Callable[[], None] | None = act
        self._lock = threading.Lock()

    def pass_by(self) -> None:
        with self._lock:
            act, self._act = self._act, None
            if act is not None:
                act()


class Invocations:
    """Counts invocations; can repeat one after it has succeeded."""

    def __init__(self, stack: Stack) -> None:
        assert stack.aws.runtime is not None
        self._invoke = stack.aws.runtime.invoke
        self._lock = threading.Lock()
        self._twice: tuple[str, int] | None = None
        self._first: dict[str, Once] = {}
        self._pools = stack.aws.runtime._pools
        self._names: Counter[str] = Counter()
        self.running = 0
        self.counts: dict[str, int] = {}
        self.doubled = False
        stack.aws.runtime.invoke = self.invoke  # type: ignore[method-assign]
        self._name = lambda function: stack.aws.runtime.table.find(function).name  # type: ignore[union-attr]

    def invoke(self, function: str, payload: bytes) -> Outcome:
        """Replaces the runtime's method."""
        name = self._name(function)
        with self._lock:
            self.running += 1
            self._names[name] += 1
            self.counts[name] = number = self.counts.get(name, 0) + 1
            first = self._first.get(name)
        try:
            if first is not None:
                first.pass_by()
            outcome = self._invoke(function, payload)
            if self._twice == (name, number):
                self.doubled = True
                self._invoke(function, payload)
            return outcome
        finally:
            with self._lock:
                self.running -= 1
                self._names[name] -= 1

    def begin(self, twice: tuple[str, int] | None = None) -> None:
        """Counts from 1 again; `twice` is the invocation to repeat."""
        with self._lock:
            self.counts, self.doubled, self._twice = {}, False, twice
            self._first.clear()

    def before(self, function: str, act: Callable[[], None]) -> None:
        """Runs an action once, right before the function; all its invocations wait for it."""
        with self._lock:
            self._first[function] = Once(act)

    def kill_running(self) -> None:
        """Kills the workers of all running functions but the API."""
        with self._lock:
            for function, count in self._names.items():
                if count and function not in ("ApiFunction", "StreamRunFunction"):
                    for worker in self._pools[function].workers():
                        worker.kill()
