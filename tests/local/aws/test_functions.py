"""Functions in worker processes."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.aws.functions import FunctionRuntime, InvokeError
from tests.limits import wait_until

from .conftest import TIMEOUT_FACTOR, Orders


def _runtime_of(orders: Orders) -> FunctionRuntime:
    runtime = orders.aws.runtime
    assert runtime
    return runtime


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"do": "raise", "message": "sold out"}, "OrderRefusedError"),
        ({"do": "exit"}, "Runtime.ExitError"),
        ({"do": "die"}, "Runtime.ExitError"),
        ({"do": "set"}, "Runtime.MarshalError"),
        ({"do": "huge"}, "Function.ResponseSizeTooLarge"),
    ],
)
def test_failure_has_name_of_lambda(orders: Orders, event: dict[str, str], kind: str) -> None:
    """The class name for an error of the handler, Lambda's own names for other failures."""
    outcome = orders.aws.invoke("MisbehaveFunction", json.dumps(event).encode())

    assert outcome.error == "Unhandled"
    assert json.loads(outcome.payload)["errorType"] == kind


def test_error_has_message_and_trace(orders: Orders) -> None:
    """The trace begins in the handler's file."""
    error = orders.run("MisbehaveFunction", do="raise", message="sold out")

    assert error["errorMessage"] == "sold out"
    assert "misbehave/app.py" in error["stackTrace"][0]
    assert error["requestId"]


def test_slow_function_is_killed(orders: Orders) -> None:
    """Its process is killed at the timeout, and the next call gets a new one."""
    before = orders.run("MisbehaveFunction", do="pid")

    error = orders.run("MisbehaveFunction", do="hang")

    assert error["errorType"] == "Sandbox.Timedout"
    assert error["errorMessage"].endswith("Error: Task timed out after 2.00 seconds")
    assert orders.run("MisbehaveFunction", do="pid") != before


def test_worker_stays_warm(orders: Orders) -> None:
    """Two calls in a row run in one process."""
    pids = [orders.run("MisbehaveFunction", do="pid") for _ in range(2)]

    assert pids[0] == pids[1]


def test_concurrency_limits_workers(orders: Orders, tmp_path: Path) -> None:
    """The third of three concurrent callers waits for one of two workers."""

    def hold(_: int) -> Any:
        return orders.run("MisbehaveFunction", do="hold", folder=str(tmp_path))

    with ThreadPoolExecutor(3) as callers:
        held = callers.map(hold, range(3))
        wait_until(lambda: len(list(tmp_path.iterdir())) == 2, "two invocations at once")
        (tmp_path / "end").touch()
        pids = list(held)

    assert len(set(pids)) == 2


def test_environment_has_only_variables_of_template_and_lambda(orders: Orders) -> None:
    """No variable of the test process is in it."""
    environment = orders.run("MisbehaveFunction", do="environment")

    assert environment["STAGE"] == "dev"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "understudy-MisbehaveFunction"
    assert environment["AWS_ENDPOINT_URL"] == orders.aws.endpoint
    assert "HOME" not in environment
    assert not {name for name in environment if name.startswith(("PYTEST", "MOTO"))}


def test_context_has_fields_of_lambda(orders: Orders) -> None:
    """Name, ARN, memory, log names, an id per request, and the remaining time."""
    one, two = (orders.run("MisbehaveFunction", do="context") for _ in range(2))

    assert one["arn"] == orders.arn("MisbehaveFunction")
    assert (one["name"], one["memory"]) == ("understudy-MisbehaveFunction", "256")
    assert one["group"] == "/aws/lambda/understudy-MisbehaveFunction"
    assert one["request_id"] != two["request_id"]
    assert 0 < orders.run("MisbehaveFunction", do="remaining") <= 2000 * TIMEOUT_FACTOR


def test_decimals_and_none_are_results(orders: Orders) -> None:
    """As in Lambda, decimals become numbers and None becomes null."""
    assert orders.run("MisbehaveFunction", do="decimal") == {"price": 1.5, "count": 3}
    assert orders.run("MisbehaveFunction", do="nothing") is None


def test_output_of_function_is_in_its_log(orders: Orders) -> None:
    """So are errors of the handler and messages of Lambda."""
    orders.run("GreetFunction", name="Ada")
    orders.run("MisbehaveFunction", do="raise", message="out of ink")
    orders.run("MisbehaveFunction", do="exit")

    assert "greeting for Ada by" in _runtime_of(orders).logs("GreetFunction")
    log = _runtime_of(orders).logs("MisbehaveFunction")
    assert "[ERROR] OrderRefusedError: out of ink" in log
    assert "Runtime exited" in log


def test_lambda_refuses_unknown_function_and_large_payload(orders: Orders) -> None:
    """The function does not run."""
    with pytest.raises(InvokeError) as unknown:
        orders.aws.invoke("UnknownFunction", b"{}")
    with pytest.raises(InvokeError) as large:
        orders.aws.invoke("GreetFunction", b" " * (6 * 1024 * 1024 + 1))

    assert (unknown.value.code, unknown.value.status) == ("ResourceNotFoundException", 404)
    assert (large.value.code, large.value.status) == ("RequestTooLargeException", 413)


def test_code_folder_is_working_directory(orders: Orders) -> None:
    """LAMBDA_TASK_ROOT is the code folder of the template."""
    root = orders.run("MisbehaveFunction", do="environment")["LAMBDA_TASK_ROOT"]

    assert Path(root).name == "functions"
