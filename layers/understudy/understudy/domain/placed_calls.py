"""Decides whether a server-side tool or the client executes each call of a round.

Only functions that the run declares are executed. A call to any other function, for example after
a prompt injection, gets an error as its output.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Final

from understudy.domain.runs import RunConfig
from understudy.domain.tools import (
    CallStatus,
    RunsOn,
    ToolCall,
    error_output,
    function_names,
)

MAX_EQUAL_CALLS: Final = 5
"""How often a run executes a server-side tool with the same arguments."""

NOT_DECLARED = "There is no function of this name. Use the functions that were declared."
REPEATED = (
    f"This call was made {MAX_EQUAL_CALLS} times in this run with the same arguments. "
    "Use the outputs that it had, or other arguments."
)


def placed(call: ToolCall, config: RunConfig) -> ToolCall:
    """Returns the call with who executes it, and whether that needs an approval."""
    if call.name not in function_names(config.tools):
        refused = call.with_output(error_output("unknown_tool", NOT_DECLARED), failed=True)
        return refused.model_copy(update={"runs_on": RunsOn.SERVER})
    if call.name not in config.server_tools:
        return call.model_copy(update={"runs_on": RunsOn.CLIENT})
    waits = call.name in config.approval_tools
    status = CallStatus.AWAITING_APPROVAL if waits else CallStatus.PENDING
    return call.model_copy(update={"runs_on": RunsOn.SERVER, "status": status})


def without_repeats(calls: Sequence[ToolCall], earlier: Sequence[ToolCall]) -> list[ToolCall]:
    """Returns the calls; server-side calls that the run repeated too often have an error as output.

    `earlier` are the calls of earlier rounds. The client's calls are never limited.
    """
    made = Counter(_identity(call) for call in earlier if call.runs_on is RunsOn.SERVER)
    kept = []
    for call in calls:
        if call.runs_on is RunsOn.SERVER and call.output is None:
            made[_identity(call)] += 1
            if made[_identity(call)] > MAX_EQUAL_CALLS:
                call = call.with_output(error_output("repeated_call", REPEATED), failed=True)
        kept.append(call)
    return kept


def _identity(call: ToolCall) -> tuple[str, str]:
    """Returns a key that equal calls share; whitespace and the order of arguments do not count."""
    try:
        arguments = json.dumps(json.loads(call.arguments), sort_keys=True)
    except (ValueError, RecursionError):
        arguments = call.arguments
    return call.name, arguments
