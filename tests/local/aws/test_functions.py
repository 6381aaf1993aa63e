"""Functions in worker processes."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.aws.functions import FunctionRuntime, InvokeError

from .conftest import Orders


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
def test_a_failure_is_named_as_lambda_names_it(
    orders: Orders, event: dict[str, str], kind: str
) -> None:
    """The name of the class for an error of the handler, Lambda's own names for the rest."""
    outcome = orders.aws.invoke("MisbehaveFunction", json.dumps(event).encode())

    assert outcome.error == "Unhandled"
    assert json.loads(outcome.payload)["errorType"] == kind


def test_an_error_carries_its_message_and_trace(orders: Orders) -> None:
    """The trace begins in the handler's file."""
    error = orders.run("MisbehaveFunction", do="raise", message="sold out")

    assert error["errorMessage"] == "sold out"
    assert "misbehave/app.py" in error["stackTrace"][0]
    assert error["requestId"]


def test_a_function_that_takes_too_long_is_killed(orders: Orders) -> None:
    """The process is gone after the function's timeout, and the next call has a new one."""
    before = orders.run("MisbehaveFunction", do="pid")

    error = orders.run("MisbehaveFunction", do="hang")

    assert error["errorType"] == "Sandbox.Timedout"
    assert error["errorMessage"].endswith("Error: Task timed out after 2.00 seconds")
    assert orders.run("MisbehaveFunction", do="pid") != before


def test_a_worker_stays_warm(orders: Orders) -> None:
    """Only the first of two calls in a row is a cold start."""
    orders.run("MisbehaveFunction", do="exit")

    first = orders.aws.invoke("MisbehaveFunction", b'{"do": "pid"}')
    second = orders.aws.invoke("MisbehaveFunction", b'{"do": "pid"}')

    assert (first.payload, second.cold) == (second.payload, False)


def test_a_function_has_as_many_workers_as_its_concurrency(orders: Orders) -> None:
    """Of three callers at once the third waits for one of two workers."""
    with ThreadPoolExecutor(3) as callers:
        pids = list(
            callers.map(lambda _: orders.run("MisbehaveFunction", do="wait", seconds=0.2), range(3))
        )

    assert len(set(pids)) == 2


def test_the_environment_is_that_of_the_template_and_of_lambda(orders: Orders) -> None:
    """Nothing of this process leaks into it."""
    environment = orders.run("MisbehaveFunction", do="environment")

    assert environment["STAGE"] == "dev"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "understudy-MisbehaveFunction"
    assert environment["AWS_ENDPOINT_URL"] == orders.aws.endpoint
    assert "HOME" not in environment
    assert not {name for name in environment if name.startswith(("PYTEST", "MOTO"))}


def test_the_context_is_that_of_lambda(orders: Orders) -> None:
    """Name, ARN, memory, log names, an id for each request, and the time that is left."""
    one, two = (orders.run("MisbehaveFunction", do="context") for _ in range(2))

    assert one["arn"] == orders.arn("MisbehaveFunction")
    assert (one["name"], one["memory"]) == ("understudy-MisbehaveFunction", "256")
    assert one["group"] == "/aws/lambda/understudy-MisbehaveFunction"
    assert one["request_id"] != two["request_id"]
    assert 1000 < orders.run("MisbehaveFunction", do="remaining") <= 2000


def test_numbers_and_nothing_are_answers_too(orders: Orders) -> None:
    """Decimals become numbers as in Lambda; a handler that returns nothing answers null."""
    assert orders.run("MisbehaveFunction", do="decimal") == {"price": 1.5, "count": 3}
    assert orders.run("MisbehaveFunction", do="nothing") is None


def test_what_a_function_writes_is_in_its_log(orders: Orders) -> None:
    """Also the error of a handler, and what Lambda itself reports."""
    orders.run("GreetFunction", name="Ada")
    orders.run("MisbehaveFunction", do="raise", message="out of ink")
    orders.run("MisbehaveFunction", do="exit")

    assert "greeting for Ada by" in _runtime_of(orders).logs("GreetFunction")
    log = _runtime_of(orders).logs("MisbehaveFunction")
    assert "[ERROR] OrderRefusedError: out of ink" in log
    assert "Runtime exited" in log


def test_requests_that_lambda_refuses_never_reach_the_function(orders: Orders) -> None:
    """An unknown function, and a payload above 6 MB."""
    with pytest.raises(InvokeError) as unknown:
        orders.aws.invoke("NobodyFunction", b"{}")
    with pytest.raises(InvokeError) as large:
        orders.aws.invoke("GreetFunction", b" " * (6 * 1024 * 1024 + 1))

    assert (unknown.value.code, unknown.value.status) == ("ResourceNotFoundException", 404)
    assert (large.value.code, large.value.status) == ("RequestTooLargeException", 413)


def test_a_worker_is_found_by_the_port_it_calls_from(orders: Orders) -> None:
    """A server that a function calls without AWS credentials can have it killed."""
    runtime = _runtime_of(orders)
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as caller:
        port = server.getsockname()[1]
        call = caller.submit(orders.run, "MisbehaveFunction", do="connect", port=port)
        connection, (_, peer_port) = server.accept()

        killed = runtime.kill_by_peer_port(peer_port)

        assert killed == "MisbehaveFunction"
        assert call.result(5)["errorType"] == "Runtime.ExitError"
        connection.close()
    assert runtime.kill_by_peer_port(port) is None


def test_code_folder_is_the_working_directory(orders: Orders) -> None:
    """LAMBDA_TASK_ROOT is the code folder of the template."""
    root = orders.run("MisbehaveFunction", do="environment")["LAMBDA_TASK_ROOT"]

    assert Path(root).name == "functions"
