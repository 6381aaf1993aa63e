"""Tools that are other Lambda functions."""

import json
from typing import Any

import pytest
from understudy.tools.registry import (
    ToolContext,
    ToolDeclarationError,
    ToolError,
    ToolRegistry,
    parse_remote_tools,
    tool_files,
)

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:reserve-stock"
ENTRY: dict[str, Any] = {
    "name": "reserve_stock",
    "arn": ARN,
    "description": "Reserves pieces of a product.",
    "parameters": {
        "type": "object",
        "properties": {"product_id": {"type": "integer"}},
        "required": ["product_id"],
        "additionalProperties": False,
    },
    "timeout_seconds": 10,
}


class RecordingInvoker:
    """Answers every call and keeps what it was called with."""

    def __init__(self, answer: Any = None, failure: Exception | None = None) -> None:
        self.answer = answer
        self.failure = failure
        self.calls: list[tuple[str, dict[str, Any], float]] = []

    def __call__(self, arn: str, payload: dict[str, Any], timeout_seconds: float, /) -> Any:
        self.calls.append((arn, payload, timeout_seconds))
        if self.failure:
            raise self.failure
        return self.answer


def _registry(invoke: RecordingInvoker) -> ToolRegistry:
    remote = parse_remote_tools(json.dumps([ENTRY]))
    return ToolRegistry(tool_files(), remote=remote, invoke=invoke)


def test_a_remote_tool_is_listed_with_the_others() -> None:
    """Its definition is what the configuration says."""
    registry = _registry(RecordingInvoker())

    assert registry.names() == ("get_table_schema", "query_database", "reserve_stock")
    assert registry.definitions(["reserve_stock"]) == [
        {
            "type": "function",
            "function": {
                "name": "reserve_stock",
                "description": ENTRY["description"],
                "parameters": ENTRY["parameters"],
            },
        }
    ]


def test_a_remote_tool_is_invoked_with_arguments_and_context(context: ToolContext) -> None:
    """The other function learns whose call it is from us, not from the model."""
    invoke = RecordingInvoker(answer={"reserved": 2})

    result = _registry(invoke).call("reserve_stock", '{"product_id": 7}', context)

    assert result.output == '{"reserved":2}'
    [(arn, payload, seconds)] = invoke.calls
    assert (arn, seconds) == (ARN, 10)
    assert payload == {
        "tool": "reserve_stock",
        "arguments": {"product_id": 7},
        "context": {
            "tenant": "tenant_a",
            "user_id": "ada",
            "thread_id": "thread_1",
            "run_id": "run_1",
            "tool_call_id": "call_1",
        },
    }


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "{",
        "[]",
        "null",
        '{"product_id": "7"}',
        '{"product_id": 7, "tenant": "other"}',
        '{"product_id": NaN}',
        '{"product_id": 7' + " " * 200_000 + "}",
        "[" * 100_000,
    ],
)
def test_bad_arguments_do_not_reach_the_other_function(
    arguments: str, context: ToolContext
) -> None:
    """They are checked against the declared schema on our side."""
    invoke = RecordingInvoker()

    result = _registry(invoke).call("reserve_stock", arguments, context)

    assert result.error_code == "invalid_arguments"
    assert invoke.calls == []


def test_the_model_is_told_what_does_not_fit(context: ToolContext) -> None:
    """All of it, by its place, so that the next call is right."""
    result = _registry(RecordingInvoker()).call("reserve_stock", '{"product_id": "x"}', context)

    assert "$.product_id: 'x' is not of type 'integer'" in result.output


@pytest.mark.parametrize(
    "parameters",
    [
        {"type": "object", "properties": {"a": {"$ref": "http://169.254.169.254/schema"}}},
        {"type": "object", "properties": {"a": {"type": "whole"}}},
        {"type": "object", "$ref": "#"},
    ],
    ids=["remote reference", "unknown type", "circular reference"],
)
def test_invalid_schema_fails_its_own_calls_only(
    parameters: dict[str, Any], context: ToolContext
) -> None:
    """Nothing is fetched, the function is not invoked, and the model gets a generic message.

    The long timeout keeps a busy machine from ending the call before the schema error.
    """
    invoke = RecordingInvoker()
    entry = ENTRY | {"parameters": parameters, "timeout_seconds": 290}
    remote = parse_remote_tools(json.dumps([entry]))
    registry = ToolRegistry({}, remote=remote, invoke=invoke)

    result = registry.call("reserve_stock", '{"a": 1}', context)

    assert result.error_code == "tool_failed"
    assert "169.254" not in result.output
    assert invoke.calls == []


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (ToolError("The tool's function failed."), "The tool's function failed."),
        (RuntimeError("arn canary"), "The tool failed."),
    ],
)
def test_a_failing_function_is_an_error_output(
    failure: Exception, message: str, context: ToolContext
) -> None:
    """Only a ToolError's words reach the model."""
    result = _registry(RecordingInvoker(failure=failure)).call(
        "reserve_stock", '{"product_id": 7}', context
    )

    assert message in result.output
    assert "canary" not in result.output


def test_a_process_without_an_invoker_lists_but_does_not_call(context: ToolContext) -> None:
    """The api function knows the tools and has no right to run them."""
    registry = ToolRegistry({}, remote=parse_remote_tools(json.dumps([ENTRY])))

    result = registry.call("reserve_stock", '{"product_id": 7}', context)

    assert registry.names() == ("reserve_stock",)
    assert result.error_code == "tool_failed"


def test_side_effects_are_assumed() -> None:
    """A declaration without the field counts as having side effects."""
    [tool] = parse_remote_tools(json.dumps([ENTRY]))

    assert tool.side_effects
    assert not tool.requires_approval


def test_no_configuration_is_no_tool() -> None:
    """An empty variable means none."""
    assert parse_remote_tools("") == parse_remote_tools(" ") == parse_remote_tools("[]") == ()


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Reserve"},
        {"name": ""},
        {"arn": "arn:aws:s3:::bucket"},
        {"arn": "http://169.254.169.254/"},
        {"description": ""},
        {"parameters": {"type": "array"}},
        {"timeout_seconds": 0},
        {"timeout_seconds": 1000},
        {"surprise": 1},
    ],
)
def test_a_wrong_entry_is_refused(change: dict[str, Any]) -> None:
    """A deployment with a mistake fails instead of running without the tool."""
    with pytest.raises(ToolDeclarationError):
        parse_remote_tools(json.dumps([ENTRY | change]))


@pytest.mark.parametrize("configuration", ["{", "{}", "null", json.dumps([ENTRY, ENTRY])])
def test_a_wrong_configuration_is_refused(configuration: str) -> None:
    """It must be an array of tools with different names."""
    with pytest.raises(ToolDeclarationError):
        parse_remote_tools(configuration)


def test_a_remote_tool_cannot_take_the_name_of_a_file() -> None:
    """A remote tool cannot replace query_database."""
    remote = parse_remote_tools(json.dumps([ENTRY | {"name": "query_database"}]))

    with pytest.raises(ToolDeclarationError, match="query_database"):
        ToolRegistry(tool_files(), remote=remote)
