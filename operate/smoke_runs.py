"""Steps of `understudy smoke` that run something."""

from typing import Any

import openai
from understudy.adapters.dynamodb import keys

from operate.smoke_round import Smoke, StepFailedError, expect

MAX_ROUNDS = 5

SCHEMA_TOOL = {
    "type": "function",
    "function": {
        "name": "get_table_schema",
        "parameters": {
            "type": "object",
            "properties": {"table_name": {"type": "string"}},
            "required": ["table_name"],
        },
    },
}
CLIENT_TOOL = {
    "type": "function",
    "function": {"name": "get_number", "parameters": {"type": "object", "properties": {}}},
}


def text(smoke: Smoke) -> str:
    run = smoke.ended(smoke.start("What is 6 times 7?"), "completed")
    [newest] = smoke.client.beta.threads.messages.list(run.thread_id, limit=1).data
    expect(newest.role == "assistant" and newest.content, "the thread has no answer")
    return str(run.model)


def server_tool(smoke: Smoke) -> str:
    choice = {"type": "function", "function": {"name": "get_table_schema"}}
    run = smoke.start("Which columns has the table sales?", SCHEMA_TOOL, tool_choice=choice)
    run = smoke.ended(run, "completed")
    steps = smoke.client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    calls = [call for step in steps for call in getattr(step.step_details, "tool_calls", [])]
    expect(calls and calls[0].function.output, "the tool's call has no output")
    return f"{len(calls)} call{'s' * (len(calls) > 1)}"


def client_tool(smoke: Smoke) -> str:
    """A model may call the tool again after the first output, in rounds of its own choice."""
    choice: Any = {"type": "function", "function": {"name": "get_number"}}
    run = smoke.start("Get a number.", CLIENT_TOOL, tool_choice=choice)
    run = smoke.ended(run, "requires_action")
    for _ in range(MAX_ROUNDS):
        outputs: Any = [
            {"tool_call_id": call.id, "output": "42"}
            for call in run.required_action.submit_tool_outputs.tool_calls
        ]
        runs = smoke.client.beta.threads.runs
        runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
        run = runs.poll(run.id, run.thread_id)
        if run.status != "requires_action":
            break
    smoke.ended(run, "completed")
    return "requires_action, then completed"


def stream(smoke: Smoke) -> str:
    assistant, thread = smoke.assistant(), smoke.thread("Count to five.")
    names = [
        event.event
        for event in smoke.client.beta.threads.runs.create(
            thread, assistant_id=assistant, stream=True
        )
    ]
    expect("thread.message.delta" in names, f"no text among {len(names)} events")
    expect("thread.run.completed" in names, f"the last event is {names[-1]}")
    return f"{len(names)} events"


def cancel(smoke: Smoke) -> str:
    run = smoke.start("Write a story of 2,000 words.")
    smoke.client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    smoke.ended(run, "cancelled")
    return "cancelled"


def thread_deletion(smoke: Smoke) -> str:
    run = smoke.ended(smoke.start("Hello"), "completed")
    smoke.client.beta.threads.delete(run.thread_id)
    try:
        smoke.client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    except openai.NotFoundError:
        partition = keys.thread_partition(smoke.tenant, run.thread_id)
        table = smoke.services.table
        smoke.wait_for("the cleanup", lambda: not list(table.query(partition)))
        return "nothing is left"
    raise StepFailedError("a run of the deleted thread can still be read")
