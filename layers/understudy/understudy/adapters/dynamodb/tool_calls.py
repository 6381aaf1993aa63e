"""Function calls in the table, under a leading key of their own for the tool function's role."""

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.bodies import Bodies
from understudy.adapters.dynamodb.messages import KEPT_SECONDS
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.tools import CallStatus, ToolCall
from understudy.errors import WriteRefusedError


class DynamoToolCalls:
    """Fits the port ToolCalls."""

    def __init__(self, table: Table, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies

    def put_new(self, call: ToolCall) -> None:
        try:
            self._table.write(self._write(call, "attribute_not_exists(pk)"))
        except WriteRefusedError:
            return  # The step ran before; whatever has been answered since stays.

    def get(self, tenant: str, run_id: str, call_id: str) -> ToolCall | None:
        item = self._table.get(keys.tool_call(tenant, run_id, call_id))
        return self._read(item) if item else None

    def of_run(self, tenant: str, run_id: str) -> list[ToolCall]:
        items = self._table.query(keys.tool_calls_of(tenant, run_id))
        calls = [self._read(item) for item in items]
        return sorted(calls, key=lambda call: (call.round, call.position))

    def answer(self, call: ToolCall, output: str, *, failed: bool = False) -> bool:
        done = {"output": output, "failed": failed, "status": CallStatus.DONE}
        return self._settle(call.model_copy(update=done))

    def close(self, call: ToolCall) -> None:
        self._settle(call.model_copy(update={"status": CallStatus.CLOSED}))

    def _settle(self, call: ToolCall) -> bool:
        try:
            self._table.write(self._write(call, "call_status = :pending"))
        except WriteRefusedError:
            return False
        return True

    def _write(self, call: ToolCall, condition: str) -> Write:
        item: Item = {
            **keys.tool_call(call.tenant, call.run_id, call.call_id),
            "call_status": str(call.status),
            "expires_at": int(self._table.now()) + KEPT_SECONDS,
        }
        values = {":pending": str(CallStatus.PENDING)} if ":pending" in condition else {}
        return Write(
            item=self._bodies.packed(item, call.model_dump(mode="json", exclude_none=True)),
            condition=condition,
            values=values,
        )

    def _read(self, item: Item) -> ToolCall:
        return ToolCall.model_validate(self._bodies.unpacked(item))
