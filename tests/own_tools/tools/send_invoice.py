"""A tool with side effects that needs approval."""

import sys

from understudy.tools.registry import ToolContext, server_tool


@server_tool(side_effects=True, requires_approval=True, timeout_seconds=60)
def send_invoice(context: ToolContext, customer: str, amount: int) -> dict[str, str]:
    """Sends an invoice to a customer.

    Args:
        customer: Who is to pay.
        amount: How much, in cents.
    """
    sys.stdout.write(f"invoice for {context.tool_call_id}\n")
    sys.stdout.flush()
    return {"sent_to": customer, "by": context.tenant}
