"""Where the calls of a turn go: to our tools, to the client, to an approver, or back at once.

Only a function that the run declares is anybody's to execute: a model that was talked into calling
another one gets an error as its output, whoever could have executed it.
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
"""Calls of one tool with the same arguments that a run executes on our side."""

NOT_DECLARED = "There is no function of this name. Use the functions that were declared."
REPEATED = (
    f"This call was made {MAX_EQUAL_CALLS} times in this run with the same arguments. "
    "Use the outputs that it had, or other arguments."
)


def placed(call: ToolCall, config: RunConfig) -> ToolCall:
    """The call with who executes it, and whether that has to be approved first."""
    if call.name not in function_names(config.tools):
        refused = call.answered(error_output("unknown_tool", NOT_DECLARED), failed=True)
        return refused.model_copy(update={"runs_on": RunsOn.SERVER})
    if call.name not in config.server_tools:
        return call.model_copy(update={"runs_on": RunsOn.CLIENT})
    waits = call.name in config.approval_tools
    status = CallStatus.AWAITING_APPROVAL if waits else CallStatus.PENDING
    return call.model_copy(update={"runs_on": RunsOn.SERVER, "status": status})


def without_repeats(calls: Sequence[ToolCall], earlier: Sequence[ToolCall]) -> list[ToolCall]:
    """The calls, those of ours answered with an error that were made too often in the run.

    The client's are its own business.
    """
    made = Counter(_likeness(call) for call in earlier if call.runs_on is RunsOn.SERVER)
    kept = []
    for call in calls:
        if call.runs_on is RunsOn.SERVER and call.output is None:
            made[_likeness(call)] += 1
            if made[_likeness(call)] > MAX_EQUAL_CALLS:
                call = call.answered(error_output("repeated_call", REPEATED), failed=True)
        kept.append(call)
    return kept


def _likeness(call: ToolCall) -> tuple[str, str]:
    """What equal calls share: blanks and the order of the arguments make no difference."""
    try:
        arguments = json.dumps(json.loads(call.arguments), sort_keys=True)
    except (ValueError, RecursionError):
        arguments = call.arguments
    return call.name, arguments
