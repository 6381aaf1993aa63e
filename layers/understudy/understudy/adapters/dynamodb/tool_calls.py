"""Function calls in the table. Their own leading key lets IAM limit the tool function to them."""

from collections.abc import Mapping, Sequence

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.approvals import Approvals
from understudy.adapters.dynamodb.bodies import Bodies
from understudy.adapters.dynamodb.messages import KEPT_SECONDS
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.approvals import Approval
from understudy.domain.decisions import Decision
from understudy.domain.ids import milliseconds
from understudy.domain.lists import Page, PageRequest
from understudy.domain.tools import CallStatus, ToolCall
from understudy.errors import WriteRefusedError


class ToolCalls:
    """The function calls of runs."""

    def __init__(self, table: Table, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies
        self._approvals = Approvals(table)

    def put_new(self, call: ToolCall) -> None:
        """Stores a call unless it exists: a retried step must not overwrite an output."""
        if call.waits_for_approval:
            self._approvals.add(call)
        asked = call.model_copy(update={"asked_ms": self._now_ms()})
        try:
            self._table.write(self._write(asked, "attribute_not_exists(pk)"))
        except WriteRefusedError:
            return  # an earlier attempt stored it; it may have an output by now

    def get(self, tenant: str, run_id: str, call_id: str) -> ToolCall | None:
        item = self._table.get(keys.tool_call(tenant, run_id, call_id))
        return self._read(item) if item else None

    def of_run(self, tenant: str, run_id: str) -> list[ToolCall]:
        items = self._table.query(keys.tool_calls_of(tenant, run_id))
        calls = [self._read(item) for item in items]
        return sorted(calls, key=lambda call: (call.round, call.position))

    def waiting_page(self, tenant: str, request: PageRequest) -> Page[Approval]:
        """Returns a page of the tenant's calls that wait for an approval, by their place."""
        return self._approvals.page(tenant, request)

    def waiting(self, tenant: str, approvals: Sequence[Approval]) -> list[ToolCall]:
        """Returns those of the calls that still wait for an approval."""
        wanted = [keys.tool_call(tenant, each.run_id, each.call_id) for each in approvals]
        calls = [self._read(item) for item in self._table.get_many(wanted)]
        return [call for call in calls if call.waits_for_approval]

    def store_output(self, call: ToolCall, output: str, *, failed: bool = False) -> bool:
        """Stores the output if the call's status is unchanged; False if it changed."""
        done = call.with_output(output, failed=failed)
        return self._change(call, done.model_copy(update={"ended_ms": self._now_ms()}))

    def decide(self, call: ToolCall, decision: Decision, output: str | None = None) -> bool:
        """Stores the decision on a call that waits for approval; False if the call has changed.

        A refused call gets its output at once.
        """
        if not call.waits_for_approval:
            return False
        now = self._now_ms()
        known = {"decision": decision, "status": CallStatus.PENDING, "decided_ms": now}
        decided = call.model_copy(update=known)
        if output:
            refused = decided.with_output(output, failed=True)
            decided = refused.model_copy(update={"ended_ms": now})
        return self._change(call, decided)

    def close(self, call: ToolCall) -> None:
        """Closes a call whose run has ended."""
        self._change(call, call.model_copy(update={"status": CallStatus.CLOSED}))

    def _change(self, call: ToolCall, changed: ToolCall) -> bool:
        """Stores the call if its status is unchanged; an output is never overwritten."""
        if call.status in (CallStatus.DONE, CallStatus.CLOSED):
            return False
        write = self._write(changed, "call_status = :was", {":was": str(call.status)})
        try:
            self._table.write(write)
        except WriteRefusedError:
            return False
        if call.waits_for_approval:
            self._approvals.hide(call)
        return True

    def _now_ms(self) -> int:
        return milliseconds(self._table.now())

    def _write(
        self, call: ToolCall, condition: str, values: Mapping[str, str] | None = None
    ) -> Write:
        item: Item = {
            **keys.tool_call(call.tenant, call.run_id, call.call_id),
            "call_status": str(call.status),
            "expires_at": int(self._table.now()) + KEPT_SECONDS,
        }
        return Write(
            item=self._bodies.packed(item, call.model_dump(mode="json", exclude_none=True)),
            condition=condition,
            values=values or {},
        )

    def _read(self, item: Item) -> ToolCall:
        return ToolCall.model_validate(self._bodies.unpacked(item))
