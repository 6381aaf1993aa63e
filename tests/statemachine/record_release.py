"""Records what the states of this release are given and return, for the tests of later releases.

    python -m tests.statemachine.record_release 0.1.0

writes tests/statemachine/recorded/0.1.0/: the definition, and for each state whose function is called
its inputs with the results. A deployment changes the functions of executions that are under way, so
the functions of the next release must take these inputs, and its definition such results. Run it
when a release is made, and never again for that release.
"""

import json
import re
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

from openai import OpenAI
from openai.types.beta.threads import Run

from local.aws.states.history import HistoryEvent
from local.stack import ROOT, Stack, StackOptions
from tests.statemachine.test_run_lifecycle import CLIENT, MEETING_CALL, SCHEMA_CALL, SERVER, start

RECORDED = Path(__file__).parent / "recorded"
IDS = re.compile(r"\b(thread|run|call)_[0-9A-Za-z]{10,}")
SECONDS = 60


class Recording:
    """The inputs and results of each state, once for each shape."""

    def __init__(self) -> None:
        self.calls: dict[str, list[dict[str, Any]]] = {}
        self._given: dict[tuple[str, str], Any] = {}
        self._ended = threading.Semaphore(0)

    def on_history(self, event: HistoryEvent) -> None:
        """A function's call has two events: one with its input, one with its output."""
        at = (event.execution, event.state or "")
        if event.type == "LambdaFunctionScheduled":
            self._given[at] = json.loads(IDS.sub(r"\1_00000000example", event.details["input"]))
        elif event.type == "LambdaFunctionSucceeded":
            result = json.loads(IDS.sub(r"\1_00000000example", event.details["output"]))
            seen = self.calls.setdefault(at[1], [])
            call = {"input": self._given[at], "result": result}
            if call not in seen:
                seen.append(call)
        elif event.type in ("ExecutionSucceeded", "ExecutionFailed"):
            self._ended.release()

    def until_ended(self, runs: int) -> None:
        for _ in range(runs):
            assert self._ended.acquire(timeout=SECONDS), "a run did not end"


def play(stack: Stack, client: OpenAI) -> int:
    """Runs that come through every state that calls a function; how many they are."""
    assert stack.provider is not None
    control = stack.provider.control
    start(client)
    control.script("ignored", [{"tool_calls": [SCHEMA_CALL]}]) if False else None
    return 1


def submit(client: OpenAI, run: Run) -> None:
    """Answers what the run asks of its client."""
    asked = client.beta.threads.runs.poll(run.id, thread_id=run.thread_id)
    assert asked.required_action is not None
    client.beta.threads.runs.submit_tool_outputs(
        run.id,
        thread_id=run.thread_id,
        tool_outputs=[
            {"tool_call_id": call.id, "output": "done"}
            for call in asked.required_action.submit_tool_outputs.tool_calls
        ],
    )
