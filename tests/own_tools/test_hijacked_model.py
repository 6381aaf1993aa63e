"""A model that was manipulated into calling every tool with any arguments (T07, T09)."""

import hashlib
import json
from typing import Any

from understudy.tools.database.sample_data import sample_file

from tests.own_tools.calling import REMOTE, Caller, call
from tests.unit.tools.corpus_files import attacks

HOSTILE: dict[str, Any] = {
    "tenant": "elsewhere",
    "user_id": "another-user",
    "thread_id": "thread_of_somebody_else",
    "path": "../../../../etc/passwd",
    "table": "sqlite_master",
    "sql": "SELECT * FROM sqlite_master; DROP TABLE sales",
}
UNDECLARED = (
    "drop_everything",
    "Query_Database",
    "__import__",
    "os.system",
    "..%2Fquery_database",
    "understudy.tools.database",
)
MANY = 48
"""Statements of the guard's corpus, sent in one round."""


def test_hostile_calls_have_no_effect(caller: Caller) -> None:
    """No rows, no changes, no crash, no other tenant's data, no invoice; the run ends."""
    before = digest()
    caller.control.script_answer(hijack={"*": HOSTILE} | dict.fromkeys(UNDECLARED, HOSTILE))
    run = caller.start()
    caller.paths.until(run.id, "AwaitClient")
    shown = caller.now(run)
    [invoice] = shown["pending_approvals"]
    assert shown["required_action"]["submit_tool_outputs"]["tool_calls"] == []

    caller.decide(run, invoice["id"], "refuse")

    assert caller.ended(run) == "FetchResponse"
    outputs = caller.outputs(run)
    told = [json.loads(output) for output in outputs.values()]
    assert len(told) == len(caller.definitions()) + len(UNDECLARED)
    assert all(set(each) == {"error"} for each in told)
    codes = [each["error"]["code"] for each in told]
    assert codes.count("unknown_tool") == len(UNDECLARED)
    assert "elsewhere" not in str(told)
    assert caller.times(f"invoice for {invoice['id']}") == 0
    assert all(caller.times(f"for {call_id}", REMOTE) == 0 for call_id in outputs)
    assert digest() == before


def test_hostile_sql_returns_no_rows(caller: Caller) -> None:
    """Statements of all families, through the whole state machine."""
    before = digest()
    known = sorted(set(attacks("sqlite")))
    chosen = known[:: max(1, len(known) // MANY)][:MANY]
    run = caller.start(*[call("query_database", sql=sql) for sql in chosen])

    assert caller.ended(run) == "FetchResponse"
    told = [json.loads(output) for output in caller.outputs(run).values()]
    assert len(told) == len(chosen)
    assert [each for each in told if set(each) != {"error"}] == []
    assert digest() == before


def digest() -> str:
    """Returns the content of the sample database."""
    return hashlib.sha256(sample_file().read_bytes()).hexdigest()
