"""The server-side tools of a deployment, and the execution of a call."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from understudy.adapters.lambda_tools import ToolUnavailableError
from understudy.adapters.server_tools import RegisteredTools, registered_tools
from understudy.domain.decisions import Decision
from understudy.domain.tools import RunsOn, ToolCall
from understudy.services import Services
from understudy.settings import Settings
from understudy.tools.database import configure, sample_settings
from understudy.tools.registry import (
    RemoteTool,
    ServerTool,
    ToolContext,
    ToolError,
    parse_remote_tools,
    server_tool,
)

from tests.fakes.tools import registry_of

REMOTE = """[{"name": "count_stock", "description": "Counts.", "parameters": {"type": "object"},
  "arn": "arn:aws:lambda:eu-central-1:123456789012:function:stock", "side_effects": false}]"""


def call(name: str, arguments: str = "{}", **fields: Any) -> ToolCall:
    """Returns a call of the model."""
    known = {"call_id": "call_1", "tenant": "acme", "thread_id": "thread_1", "run_id": "run_1"}
    placed = {"step_id": "step_1", "round": 0, "position": 0, "runs_on": RunsOn.SERVER}
    return ToolCall(name=name, arguments=arguments, **(known | placed | fields))


def tools_of(*tools: ServerTool, **options: Any) -> RegisteredTools:
    """Returns these tools, all enabled."""
    registry = registry_of(*tools, **options)
    return RegisteredTools(registry.names(), registry)


def error_code(output: str) -> str:
    code: str = json.loads(output)["error"]["code"]
    return code


class Failing:
    """A tool that fails a given number of times before it succeeds."""

    def __init__(self, failures: int, error: Exception, **marks: Any) -> None:
        self.calls: list[ToolContext] = []

        @server_tool(**marks)
        def try_it(context: ToolContext) -> str:
            """Tries."""
            self.calls.append(context)
            if len(self.calls) <= failures:
                raise error
            return "done"

        self.tool = try_it


@pytest.fixture
def no_database() -> Iterator[None]:
    """Restores the sample database after the test."""
    yield
    configure(sample_settings)


def test_disabled_tool_is_not_listed_or_executed() -> None:
    """Being in the folder is not enough."""
    one, other = Failing(0, OSError()), server_tool()(lambda_like())
    registry = registry_of(one.tool, other)
    tools = RegisteredTools(["another_tool"], registry)

    assert tools.names() == ["another_tool"]
    assert [d["function"]["name"] for d in tools.definitions(["try_it", "another_tool"])] == [
        "another_tool"
    ]
    result = tools.execute(call("try_it"), seconds=5)
    assert (error_code(result.output), one.calls) == ("unknown_tool", [])


def lambda_like() -> Any:
    def another_tool() -> str:
        """Another one."""
        return "another"

    return another_tool


@pytest.mark.parametrize(
    ("error", "marks", "calls", "output"),
    [
        (OSError("broken pipe"), {}, 2, "done"),
        (ToolUnavailableError("not now"), {}, 2, "done"),
        (OSError("broken pipe"), {"side_effects": True}, 1, "tool_failed"),
    ],
)
def test_failure_without_side_effects_is_retried_once(
    error: Exception, marks: dict[str, Any], calls: int, output: str
) -> None:
    """A tool with side effects is executed once."""
    failing = Failing(1, error, **marks)

    result = tools_of(failing.tool).execute(call("try_it"), seconds=5)

    assert len(failing.calls) == calls
    assert output in result.output


def test_invalid_arguments_are_not_retried() -> None:
    """The same arguments would fail again."""
    failing = Failing(9, OSError())

    result = tools_of(failing.tool).execute(call("try_it", '{"more": 1}'), seconds=5)

    assert (error_code(result.output), failing.calls) == ("invalid_arguments", [])


def test_retry_needs_enough_time() -> None:
    """No retry starts shortly before the deadline."""
    failing = Failing(1, OSError())

    result = tools_of(failing.tool).execute(call("try_it"), seconds=0.5)

    assert (result.failed, len(failing.calls)) == (True, 1)


def test_owner_comes_from_the_call() -> None:
    """The model's arguments cannot change it."""
    failing = Failing(0, OSError())

    tools_of(failing.tool).execute(call("try_it", user_id="ada"), seconds=5)

    [context] = failing.calls
    assert (context.tenant, context.user_id, context.tool_call_id) == ("acme", "ada", "call_1")


def test_approval_is_checked_again_at_execution() -> None:
    """A tool that needs approval executes approved calls only."""
    asking = Failing(0, OSError(), requires_approval=True)
    tools = tools_of(asking.tool)

    assert tools.needing_approval(["try_it"]) == ["try_it"]
    assert error_code(tools.execute(call("try_it"), seconds=5).output) == "not_approved"
    approved = call("try_it", decision=Decision.APPROVED)
    assert tools.execute(approved, seconds=5).output == "done"
    assert len(asking.calls) == 1


def test_broken_tool_file_fails_its_own_calls_only() -> None:
    """The tool counts as needing approval, and the other tools are listed."""
    registry = registry_of(Failing(0, OSError()).tool)
    registry._files["broken"] = "tests.fakes.no_such_module"  # type: ignore[index]
    tools = RegisteredTools(registry.names(), registry)

    assert tools.needing_approval(["try_it", "broken"]) == ["broken"]
    assert [d["function"]["name"] for d in tools.definitions(tools.names())] == ["try_it"]
    assert tools.execute(call("broken"), seconds=5).failed


def test_remote_tool_is_enabled_by_its_declaration() -> None:
    """It is listed beside the enabled files, with its own definition."""
    tools = registered_tools(Settings(server_tools=["query_database"], remote_tools=REMOTE))

    assert tools.names() == ["query_database", "count_stock"]
    assert not tools.has_side_effects("count_stock")
    assert tools.needing_approval(tools.names()) == []


def test_remote_tool_with_side_effects_is_not_retried() -> None:
    """Like a tool in a file."""
    invoked: list[str] = []

    def invoke(arn: str, payload: dict[str, Any], timeout_seconds: float, /) -> Any:
        invoked.append(payload["tool"])
        raise ToolError("It failed.")

    [counting] = parse_remote_tools(REMOTE)
    changing = RemoteTool(**(counting.model_dump() | {"name": "take_stock", "side_effects": True}))
    tools = tools_of(remote=[counting, changing], invoke=invoke)

    for name in tools.names():
        assert tools.execute(call(name), seconds=5).failed

    assert invoked == ["count_stock", "count_stock", "take_stock"]


@pytest.mark.usefixtures("no_database")
def test_database_url_comes_from_the_secret(services: Services, tmp_path: Path) -> None:
    """It is read from Secrets Manager for each query; the tables come from the settings."""
    with sqlite3.connect(tmp_path / "shop.sqlite") as shop:
        shop.execute("CREATE TABLE orders (id INTEGER)")
        shop.execute("CREATE TABLE salaries (id INTEGER)")
        shop.execute("INSERT INTO orders VALUES (41), (42)")
    arn = boto3.client("secretsmanager").create_secret(
        Name="shop", SecretString=f"sqlite:///{tmp_path}/shop.sqlite"
    )["ARN"]
    chosen = {"database_secret_arn": arn, "database_tables": ["orders"]}
    settings = services.settings.model_copy(update=chosen)
    tools = registered_tools(settings)

    counted = tools.execute(
        call("query_database", '{"sql": "SELECT max(id) FROM orders"}'), seconds=9
    )
    refused = tools.execute(call("query_database", '{"sql": "SELECT * FROM salaries"}'), seconds=9)

    assert "42" in counted.output
    assert error_code(refused.output) == "query_refused"
    assert "shop.sqlite" not in counted.output + refused.output


@pytest.mark.usefixtures("services", "no_database")
def test_unreadable_secret_is_an_error_without_its_name() -> None:
    """The model sees that the tool failed, and no name of the database."""
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:gone"
    tools = registered_tools(
        Settings(server_tools=["query_database"], database_secret_arn=arn, database_tables=["t"])
    )

    result = tools.execute(call("query_database", '{"sql": "SELECT 1 FROM t"}'), seconds=9)

    assert error_code(result.output) == "tool_failed"
    assert "secret" not in result.output
