"""A call is server-side only if its tool is registered and allowed for the caller's key."""

from tests.own_tools.calling import Caller, call
from tests.own_tools.project import FILES, REMOTE_TOOLS

SCHEMA = call("get_table_schema", table="sales")


def names(caller: Caller) -> set[str]:
    """Returns the functions that the caller may use."""
    return {each["function"]["name"] for each in caller.definitions()}


def test_definitions_can_be_pasted_into_an_assistant(caller: Caller) -> None:
    """Files and remote tools have the same form."""
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


def test_key_without_permission_gets_its_calls_as_client_calls(caller: Caller) -> None:
    """For this key the client must submit the output of the same call."""
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


def test_key_runs_only_its_allowed_tools(caller: Caller) -> None:
    """One of two calls is server-side, the other one is the client's."""
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


def test_tool_function_uses_its_own_items_only(caller: Caller) -> None:
    """It reads and writes tool calls and their records and invokes the declared Lambda only."""
    run = caller.start(SCHEMA, call("reserve_stock", pieces=1))
    assert caller.ended(run) == "FetchResponse"

    asked = caller.stack.aws.recorder.calls("ExecuteToolFunction")

    keys = {key.rpartition("#")[0] for each in asked for key in each.leading_keys}
    assert keys <= {"toolcalls#local", "idempotency#tool#local"}
    assert {each.service for each in asked} <= {"dynamodb", "lambda", "s3"}
    statements = caller.stack.deployment.functions["ExecuteToolFunction"].role_statements
    granted = str([each for each in statements if "secretsmanager" in str(each["Action"])])
    assert granted == "[]", "the sample database needs no secret"
