"""Ours only if it is registered and allowed for the caller's key; otherwise it is the client's."""

from tests.own_tools.calling import Caller, call
from tests.own_tools.project import FILES, REMOTE_TOOLS

SCHEMA = call("get_table_schema", table="sales")


def names(caller: Caller) -> set[str]:
    """The functions that the caller is offered."""
    return {each["function"]["name"] for each in caller.definitions()}


def test_the_definitions_are_ready_to_paste(caller: Caller) -> None:
    """Files and other Lambdas alike; an assistant takes them as they come."""
    remote = {tool["name"] for tool in REMOTE_TOOLS}
    assert names(caller) == {"query_database", "get_table_schema", *FILES} | remote

    assistant = caller.client.beta.assistants.create(model="gpt-6-luna", tools=caller.definitions())

    shown = {
        tool.function.name: tool.function for tool in assistant.tools if tool.type == "function"
    }
    assert shown.keys() == names(caller)
    assert shown["reserve_stock"].parameters == REMOTE_TOOLS[0]["parameters"]
    described = shown["send_invoice"].parameters
    assert described is not None
    assert described["required"] == ["customer", "amount"]


def test_a_key_without_permission_gets_its_calls_back(caller: Caller) -> None:
    """The same assistant, the same call: for this key it is the client's to answer."""
    everything = caller.definitions()
    with caller.as_key("us-no-tools", server_tools=[]) as restricted:
        assert restricted.definitions() == []
        run = restricted.start(SCHEMA, tools=everything)
        restricted.paths.until(run.id, "AwaitClient")
        [asked] = restricted.now(run)["required_action"]["submit_tool_outputs"]["tool_calls"]
        assert asked["function"]["name"] == "get_table_schema"

        restricted.submit(run, asked["id"], "from the client")

        assert restricted.ended(run) == "FetchResponse"
        assert list(restricted.outputs(run).values()) == ["from the client"]
        assert "ExecuteTool" not in restricted.paths.of(run.id)


def test_a_key_runs_the_tools_that_it_is_allowed(caller: Caller) -> None:
    """One of two calls is ours, the other one is the client's."""
    everything = caller.definitions()
    with caller.as_key("us-one-tool", server_tools=["get_table_schema"]) as restricted:
        assert names(restricted) == {"get_table_schema"}
        others = [t for t in everything if t["function"]["name"] != "get_table_schema"]
        run = restricted.start(SCHEMA, call("query_database", sql="SELECT 1"), tools=others)
        restricted.paths.until(run.id, "AwaitClient")
        [asked] = restricted.now(run)["required_action"]["submit_tool_outputs"]["tool_calls"]
        assert asked["function"]["name"] == "query_database"

        restricted.submit(run, asked["id"], "[]")

        assert restricted.ended(run) == "FetchResponse"
        assert restricted.paths.of(run.id).count("ExecuteTool") == 1


def test_what_the_tool_function_touched_is_its_own(caller: Caller) -> None:
    """Calls, records of calls, the declared Lambda: its role, and nothing that it asked beyond."""
    run = caller.start(SCHEMA, call("reserve_stock", pieces=1))
    assert caller.ended(run) == "FetchResponse"

    asked = caller.stack.aws.recorder.calls("ExecuteToolFunction")

    keys = {key.rpartition("#")[0] for each in asked for key in each.leading_keys}
    assert keys <= {"toolcalls#local", "idempotency#tool#local"}
    assert {each.service for each in asked} <= {"dynamodb", "lambda", "s3"}
    statements = caller.stack.deployment.functions["ExecuteToolFunction"].role_statements
    granted = str([each for each in statements if "secretsmanager" in str(each["Action"])])
    assert granted == "[]", "the sample database needs no secret"
