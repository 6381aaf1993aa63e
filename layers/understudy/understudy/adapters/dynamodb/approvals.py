"""The list of a tenant's calls that wait for an approval.

An entry is written before its call and hidden once the call is decided or closed. An entry that a
crash left behind names a call that does not wait, and is not shown.
"""

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.messages import KEPT_SECONDS
from understudy.adapters.dynamodb.paging import page_of
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.approvals import Approval
from understudy.domain.lists import Page, PageRequest
from understudy.domain.tools import ToolCall


class Approvals:
    """Entries of calls that wait for an approval, by the age of their runs."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, call: ToolCall) -> None:
        """Lists the call until its run's deadline. Idempotent."""
        self._put(call, call.deadline or int(self._table.now()) + KEPT_SECONDS)

    def hide(self, call: ToolCall) -> None:
        """Makes the entry expire at once, which needs no right to delete. Idempotent."""
        self._put(call, int(self._table.now()))

    def page(self, tenant: str, request: PageRequest) -> Page[Approval]:
        """Returns a page of the entries; some of their calls may not wait any more."""
        return page_of(self._table, keys.approvals_of(tenant), "", request, _read)

    def _put(self, call: ToolCall, expires_at: int) -> None:
        entry = Approval.of(call)
        fields = entry.model_dump(exclude={"id"})
        key = {"pk": keys.approvals_of(call.tenant), "sk": entry.id}
        self._table.write(Write(item={**key, **fields, "expires_at": expires_at}))


def _read(item: Item) -> Approval:
    return Approval.model_validate({**item, "id": item["sk"]})
