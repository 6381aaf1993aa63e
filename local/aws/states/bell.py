"""Wakes everything that waits inside an execution when the execution is over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Bell:
    """Stands where moto keeps an event per environment that it sets and clears at every change.

    A waiter can miss such a pulse; a listener of a bell cannot.
    """

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    @contextmanager
    def heard_by(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call the listener whenever the bell rings; it must not wait."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def set(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    def clear(self) -> None:
        """Nothing to do: a bell is not on or off."""
