"""Function calls in the table. Their own leading key lets IAM limit the tool function to them."""

from collections.abc import Mapping

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.bodies import Bodies
from understudy.adapters.dynamodb.messages import KEPT_SECONDS
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.decisions import Decision
from understudy.domain.tools import CallStatus, ToolCall
from understudy.errors import WriteRefusedError


class ToolCalls:
    """The function calls of runs."""

    def __init__(self, table: Table, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies

    def put_new(self, call: ToolCall) -> None:
        """Stores a call unless it exists: a retried step must not overwrite an output."""
        try:
            self._table.write(self._write(call, "attribute_not_exists(pk)"))
        except WriteRefusedError:
            return  # an earlier attempt stored it; it may have an output by now

    def get(self, tenant: str, run_id: str, call_id: str) -> ToolCall | None:
        item = self._table.get(keys.tool_call(tenant, run_id, call_id))
        return self._read(item) if item else None

    def of_run(self, tenant: str, run_id: str) -> list[ToolCall]:
        items = self._table.query(keys.tool_calls_of(tenant, run_id))
        calls = [self._read(item) for item in items]
        return sorted(calls, key=lambda call: (call.round, call.position))

    def store_output(self, call: ToolCall, output: str, *, failed: bool = False) -> bool:
        """Stores the output if the call's status is unchanged; False if it changed."""
        return self._change(call, call.with_output(output, failed=failed))

    def decide(self, call: ToolCall, decision: Decision, output: str | None = None) -> bool:
        """Stores the decision on a call that waits for approval; False if the call has changed.

        A refused call gets its output at once.
        """
        if not call.waits_for_approval:
            return False
        decided = call.model_copy(update={"decision": decision, "status": CallStatus.PENDING})
        return self._change(call, decided.with_output(output, failed=True) if output else decided)

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
        return True

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
