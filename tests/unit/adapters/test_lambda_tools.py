"""Invokes the Lambda function of a remote tool."""

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from understudy.adapters import aws, lambda_tools
from understudy.adapters.lambda_tools import LambdaTools, ToolUnavailableError
from understudy.tools.registry import InvalidOutputError, ToolError, ToolTimeoutError

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:stock"
PAYLOAD = {"tool": "count_stock", "arguments": {}, "context": {"tenant": "acme"}}
URL = "https://lambda.internal"


class Lambda:
    """A fake Lambda client with a fixed response or exception."""

    def __init__(self, answer: bytes | Exception, **more: Any) -> None:
        self.answer = answer
        self.more = more
        self.invoked: list[dict[str, Any]] = []
        self.options: list[dict[str, Any]] = []

    def invoke(self, **arguments: Any) -> dict[str, Any]:
        self.invoked.append(arguments)
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"Payload": io.BytesIO(self.answer), **self.more}

    def made(self, service: str, **options: Any) -> "Lambda":
        assert service == "lambda"
        self.options.append(options)
        return self


def invoke(monkeypatch: pytest.MonkeyPatch, stub: Lambda, seconds: float = 9.2) -> Any:
    monkeypatch.setattr(lambda_tools, "client", stub.made)
    return LambdaTools().invoke(ARN, PAYLOAD, seconds)


def test_return_value_is_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client makes one attempt with the tool's timeout."""
    stub = Lambda(b'{"pieces": 4}')

    assert invoke(monkeypatch, stub) == {"pieces": 4}
    [asked] = stub.invoked
    assert asked["FunctionName"] == ARN
    assert json.loads(asked["Payload"]) == PAYLOAD
    assert stub.options == [{"read_seconds": 10, "attempts": 1}]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (ReadTimeoutError(endpoint_url=URL), ToolTimeoutError),
        (EndpointConnectionError(endpoint_url=URL), ToolUnavailableError),
        (
            ClientError({"Error": {"Code": "AccessDeniedException", "Message": ARN}}, "Invoke"),
            ToolUnavailableError,
        ),
        (b"<html>", InvalidOutputError),
        (b"[" * 100_000, InvalidOutputError),
    ],
)
def test_each_failure_has_its_own_code_and_reveals_nothing(
    monkeypatch: pytest.MonkeyPatch, answer: bytes | Exception, expected: type[ToolError]
) -> None:
    """The message contains no ARN and no host name."""
    with pytest.raises(expected) as raised:
        invoke(monkeypatch, Lambda(answer))

    assert not any(word in raised.value.message for word in (ARN, "internal", "html"))


def test_error_text_of_the_function_is_not_revealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its message and traceback stay in its own log."""
    told = b'{"errorMessage": "password=hunter2", "errorType": "ValueError"}'

    with pytest.raises(ToolError) as raised:
        invoke(monkeypatch, Lambda(told, FunctionError="Unhandled"))

    assert "hunter2" not in raised.value.message


def test_lambda_client_does_not_retry() -> None:
    """A retry would be a second call of a tool that may have side effects."""
    made = aws.client("lambda", read_seconds=10, attempts=1)

    assert made.meta.config.retries["total_max_attempts"] == 1
    assert made.meta.config.read_timeout == 10
