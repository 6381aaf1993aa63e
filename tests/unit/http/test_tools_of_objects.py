"""Tools as assistants and runs show them, and schemas that are rejected."""

from typing import Any

import pytest

from tests.unit.http.caller import Api

RANKING = {"ranker": "default_2024_08_21", "score_threshold": 0.0, "hybrid_search": None}
NO_PARAMETERS = {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (
            {"type": "function", "function": {"name": "f"}},
            {"function": {"name": "f", "parameters": NO_PARAMETERS, "strict": False}},
        ),
        ({"type": "file_search"}, {"file_search": {"ranking_options": RANKING}}),
        (
            {"type": "file_search", "file_search": {"max_num_results": 3}},
            {"file_search": {"max_num_results": 3, "ranking_options": RANKING}},
        ),
        (
            {"type": "file_search", "file_search": {"ranking_options": {"score_threshold": 0.5}}},
            {"file_search": {"ranking_options": RANKING | {"score_threshold": 0.5}}},
        ),
        ({"type": "code_interpreter"}, {}),
    ],
)
def test_assistants_and_runs_show_the_defaults_of_tools(
    api: Api, thread_id: str, given: dict[str, Any], shown: dict[str, Any]
) -> None:
    """As OpenAI's recorded responses do; what is shown may be sent back."""
    body = {"model": "m", "instructions": "Be brief.", "tools": [given]}

    assistant = api.made("/v1/assistants", body)
    run = api.made(f"/v1/threads/{thread_id}/runs", {"assistant_id": assistant["id"]})
    again = api.made(f"/v1/assistants/{assistant['id']}", {"tools": assistant["tools"]})

    expected = [{"type": given["type"], **shown}]
    assert assistant["tools"] == run["tools"] == again["tools"] == expected


def test_a_run_shows_no_tool_resources_and_null_for_no_instructions(
    api: Api, thread_id: str
) -> None:
    """Its thread and its assistant have the resources."""
    assistant = api.made("/v1/assistants", {"model": "m", "tools": [{"type": "code_interpreter"}]})
    api.made(f"/v1/threads/{thread_id}/messages", {"role": "user", "content": "Hello"})

    run = api.made(f"/v1/threads/{thread_id}/runs", {"assistant_id": assistant["id"]})

    assert (run["tool_resources"], run["instructions"]) == ({}, None)


@pytest.mark.parametrize(
    "tool", [{"parameters": {"type": "string"}}, {"strict": True}], ids=["type", "strict"]
)
def test_malformed_schemas_are_rejected_wherever_they_are_sent(
    api: Api, thread_id: str, assistant_id: str, tool: dict[str, Any]
) -> None:
    """At the creation and the change of an assistant, and for a run's own tools."""
    tools = [{"type": "function", "function": {"name": "f"} | tool}]
    run = {"assistant_id": assistant_id, "tools": tools}

    for path, body in (
        ("/v1/assistants", {"model": "m", "tools": tools}),
        (f"/v1/assistants/{assistant_id}", {"tools": tools}),
        (f"/v1/threads/{thread_id}/runs", run),
        ("/v1/threads/runs", run),
    ):
        answered = api.post(path, body)
        assert answered.status == 400, path
        assert answered.error["message"].startswith("Invalid schema for function 'f': ")


def test_a_malformed_response_format_is_rejected_wherever_it_is_sent(
    api: Api, thread_id: str, assistant_id: str
) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "r", "schema": {"type": "array"}}}
    run = {"assistant_id": assistant_id, "response_format": wanted}

    for path, body in (
        ("/v1/assistants", {"model": "m", "response_format": wanted}),
        (f"/v1/assistants/{assistant_id}", {"response_format": wanted}),
        (f"/v1/threads/{thread_id}/runs", run),
    ):
        answered = api.post(path, body)
        assert answered.status == 400, path
        assert answered.error["message"].startswith("Invalid schema for response_format 'r': ")
