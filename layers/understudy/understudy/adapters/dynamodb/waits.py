"""Waits of executions: the task token to wake one, or the callback that came before it."""

from dataclasses import dataclass
from typing import Any

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.threads import DAY
from understudy.errors import WriteRefusedError

KEPT_SECONDS = 7 * DAY
"""The provider delivers a webhook for up to three days. The state machine uses the same time."""


@dataclass(frozen=True)
class Wait:
    """The latest wait under an id; empty if there has been none. `run` is who waits."""

    task_token: str | None
    run: dict[str, str]


class Waits:
    """The waits of executions under the id of a response, or of a run without a response.

    The states Wait and AwaitClient store their token themselves, in the same way as `begin`.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, wait_id: str) -> Wait:
        """Returns the latest wait."""
        return _read(self._table.get(keys.wait(wait_id)) or {})

    def begin(
        self, wait_id: str, task_token: str, *, tenant: str, thread_id: str, run_id: str
    ) -> bool:
        """Stores the token of a waiting task; returns False if a callback is pending."""
        write = Write(
            key=keys.wait(wait_id),
            assign={
                "task_token": task_token,
                "tenant": tenant,
                "thread_id": thread_id,
                "run_id": run_id,
                "expires_at": int(self._table.now()) + KEPT_SECONDS,
            },
            condition="attribute_not_exists(wake_pending)",
        )
        try:
            self._table.write(write)
        except WriteRefusedError:
            return False
        return True

    def mark_pending(self, wait_id: str) -> Wait:
        """Stores that a callback is pending, so that the next wait returns at once."""
        expires = int(self._table.now()) + KEPT_SECONDS
        write = Write(key=keys.wait(wait_id), assign={"wake_pending": True, "expires_at": expires})
        return _read(self._table.write(write))

    def clear_pending(self, wait_id: str) -> None:
        """Removes the pending callback. Call it before reading the state that a callback
        announces."""
        self._table.write(Write(key=keys.wait(wait_id), remove=("wake_pending",)))


def _read(item: Item) -> Wait:
    fields: dict[str, Any] = {name: item[name] for name in RUN_IDS if name in item}
    return Wait(task_token=item.get("task_token"), run=fields)


RUN_IDS = ("tenant", "thread_id", "run_id")
