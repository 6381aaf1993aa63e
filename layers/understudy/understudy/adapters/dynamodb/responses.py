"""Links each response of the provider to its run and its webhook, whichever is stored first."""

from dataclasses import replace

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.table import Table, Write
from understudy.domain.runs import Run
from understudy.domain.threads import DAY
from understudy.domain.webhooks import NotedWebhook
from understudy.errors import WriteRefusedError

KEPT_SECONDS = 7 * DAY
"""The provider delivers a webhook for up to three days."""


class Responses:
    """The run of each response of the provider, so that its webhook finds the run."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def note_owner(self, response_id: str, run: Run) -> bool:
        """Stores the run of a response; returns True if its webhook arrived first."""
        owner = {"tenant": run.tenant, "thread_id": run.thread_id, "run_id": run.id}
        return "webhook_id" in self._table.write(self._writing(response_id, owner))

    def note_webhook(self, response_id: str, webhook_id: str) -> NotedWebhook:
        """Stores a webhook about a response, in one conditional write."""
        write = replace(
            self._writing(response_id, {"webhook_id": webhook_id}),
            condition="attribute_not_exists(webhook_id) OR webhook_id <> :again",
            values={":again": webhook_id},
        )
        try:
            item, is_new = self._table.write(write), True
        except WriteRefusedError:
            item, is_new = self._table.get(keys.response(response_id)) or {}, False
        owner = None
        if "run_id" in item:
            owner = (item["tenant"], item["thread_id"], item["run_id"])
        return NotedWebhook(owner, is_new=is_new)

    def _writing(self, response_id: str, known: dict[str, str]) -> Write:
        expires = int(self._table.now()) + KEPT_SECONDS
        return Write(key=keys.response(response_id), assign={**known, "expires_at": expires})
