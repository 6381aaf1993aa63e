"""A call with side effects runs at most once, wherever its function crashes (F081)."""

import json

import pytest

from local.aws.faults import Fault, Mode
from tests.own_tools.calling import EXECUTES, REMOTE, Caller, call

STEPS = [
    ("dynamodb", "GetItem", 1, "reads the call"),
    ("dynamodb", "PutItem", 1, "begins the record"),
    ("lambda", "Invoke", 1, "calls the tool"),
    ("dynamodb", "UpdateItem", 1, "completes the record"),
    ("dynamodb", "PutItem", 2, "stores the output"),
]
"""ExecuteTool's AWS calls for one remote tool call, in order."""

BEGUN, CALLED = 1, 2
"""Places in this order."""

NOT_KNOWN = "outcome_unknown"


def points() -> list[tuple[int, Mode]]:
    return [
        (place, mode)
        for place in range(len(STEPS))
        for mode in (Mode.CRASH_BEFORE, Mode.CRASH_AFTER)
    ]


@pytest.mark.parametrize(("place", "mode"), points())
def test_crashed_function_does_not_repeat_a_call_with_side_effects(
    caller: Caller, place: int, mode: Mode
) -> None:
    """The model gets the output, or an error that the outcome is unknown; the run continues."""
    service, operation, nth, _ = STEPS[place]
    caller.stack.aws.faults.plan(Fault(service, operation, nth, mode, EXECUTES))

    run = caller.start(call("reserve_stock", pieces=4))

    assert caller.ended(run) == "FetchResponse"
    assert len(caller.stack.aws.faults.fired) == 1
    [(call_id, output)] = caller.outputs(run).items()
    told = json.loads(output)
    begun_only = (place, mode) in [(BEGUN, Mode.CRASH_AFTER), (CALLED, Mode.CRASH_BEFORE)]
    assert caller.times(f"for {call_id}", REMOTE) == (0 if begun_only else 1)
    if begun_only or (place, mode) in [
        (CALLED, Mode.CRASH_AFTER),
        (CALLED + 1, Mode.CRASH_BEFORE),
    ]:
        assert told["error"]["code"] == NOT_KNOWN
    else:
        assert told == {"pieces": 4, "tenant": "local"}


def test_output_is_stored_by_the_retry(caller: Caller) -> None:
    """The table fails after the call, longer than the client retries; no second call is made."""
    caller.stack.aws.faults.plan(Fault("dynamodb", "PutItem", 2, Mode.ERROR, EXECUTES, times=4))

    run = caller.start(call("reserve_stock", pieces=5))

    assert caller.ended(run) == "FetchResponse"
    [(call_id, output)] = caller.outputs(run).items()
    assert len(caller.stack.aws.faults.fired) == 4
    assert caller.times(f"for {call_id}", REMOTE) == 1
    assert json.loads(output) == {"pieces": 5, "tenant": "local"}
