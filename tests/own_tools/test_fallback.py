"""Your own tools while the provider's Responses API is down."""

from collections.abc import Iterator

import pytest

from tests.own_tools.calling import Caller, call

FUNCTION = "AnswerDirectlyFunction"
CHAT = "/v1/chat/completions"


@pytest.fixture
def fallback(caller: Caller) -> Iterator[Caller]:
    """Enables the fallback and makes every response fail."""
    assert caller.stack.aws.runtime is not None
    caller.stack.aws.runtime.reconfigure(FUNCTION, FALLBACK_ENABLED="true")
    caller.control.script_fault(status=500, match={"path": "/v1/responses"}, times=None)
    yield caller
    caller.stack.aws.runtime.reconfigure(FUNCTION, FALLBACK_ENABLED="false")


def test_remote_tool_is_called_in_the_degraded_path(fallback: Caller) -> None:
    """It has side effects, so the call is recorded and made once."""
    calls = [call("reserve_stock", pieces=2)]
    fallback.control.script_answer(calls=calls, match={"path": CHAT})

    run = fallback.start()

    assert fallback.ended(run) == "FetchResponse"
    [output] = fallback.outputs(run).values()
    assert "error" not in output
    records = fallback.stack.table().query(f"idempotency#tool#local#{run.id}")
    assert [record["status"] for record in records] == ["COMPLETED"]
