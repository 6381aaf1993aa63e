"""The queue of a thread: what a new run does to a busy thread, and the places of what waits."""

from enum import StrEnum
from typing import Final, Literal

from understudy.domain.base import Record
from understudy.domain.budgets import Limits

MAX_QUEUED: Final = 10
"""Runs that may wait in the queue of one thread."""

RUN_SPAN: Final = 100_000
"""Places in a thread's order between a run and what is added while it is open.

More than a run can use: 51 rounds of 1,000 places.
"""


class MultitaskStrategy(StrEnum):
    """What a new run does while another run of its thread is open.

    `enqueue` waits for its turn. `interrupt` cancels the thread's open runs and keeps their text;
    `rollback` deletes them with their input and output. LangGraph has the same four.
    """

    REJECT = "reject"
    ENQUEUE = "enqueue"
    INTERRUPT = "interrupt"
    ROLLBACK = "rollback"


GivenStrategy = Literal["reject", "enqueue", "interrupt", "rollback"]
"""A strategy in the body of a request."""


class Waiting(Record):
    """What a queued run needs at its start: its time limit in seconds, and its key's limits."""

    seconds: int
    key_digest: str = ""
    limits: Limits | None = None


def order_behind(order: int, last_base: int) -> int:
    """Returns the order of a thread whose last open run begins at `last_base`.

    `order` is the thread's present order. What is added behind the result sorts after everything
    that the run may write.
    """
    return max(order, last_base + RUN_SPAN)
