"""Streamed runs with the real SDKs over HTTP, compared with the recorded order of events."""

import json
import os
import shutil
import subprocess
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from local.stack import Stack
from tests.limits import WAIT_SECONDS
from tests.sdk.environments import interpreter_of, node_modules

HERE = Path(__file__).parent
ORDERS = json.loads((HERE / "recorded_orders.json").read_text())
RECORDED = {
    "raw": "text",
    "handled": "text",
    "async_raw": "text",
    "async_handled": "text",
    "called": "function",
    "outputs": "outputs",
}
MESSAGE_CALLBACKS = {
    "on_run_step_created", "on_run_step_done", "on_message_created", "on_message_done",
    "on_text_created", "on_text_delta", "on_text_done", "on_end",
}  # fmt: skip
CALL_CALLBACKS = {
    "on_run_step_created", "on_tool_call_created", "on_tool_call_delta", "on_tool_call_done",
    "on_end",
}  # fmt: skip


def output_of(*command: str) -> Any:
    """Returns the JSON that a program prints."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        check=False,
        env={**os.environ},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def order(events: list[str]) -> list[str]:
    """Returns the names of events, deltas in a row as one."""
    return [
        name for name, same in groupby(events) for _ in ([0] if name.endswith(".delta") else same)
    ]


@pytest.mark.parametrize("version", ["newest", "2.54.0", "1.75.0", "1.26.0"])
def test_openai_python_streams_in_the_recorded_order(stack: Stack, version: str) -> None:
    """Raw and with event handlers, synchronous and asynchronous, and after submitted outputs."""
    python = sys.executable if version == "newest" else str(interpreter_of(version))

    seen = output_of(python, str(HERE / "exercise_streams.py"), stack.base_url, stack.api_key)

    orders = {name: order(each["events"]) for name, each in seen.items()}
    assert orders == {name: ORDERS[recorded] for name, recorded in RECORDED.items()}
    for name in ("handled", "async_handled", "outputs"):
        assert seen[name]["text"] == seen[name]["final"] != ""
    for name in ("handled", "async_handled"):
        assert set(seen[name]["callbacks"]) == MESSAGE_CALLBACKS
    assert set(seen["called"]["callbacks"]) == CALL_CALLBACKS


@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no Node.js to run openai-node")
def test_openai_node_streams_in_the_recorded_order(stack: Stack) -> None:
    exercise = str(HERE / "exercise_streams.mjs")

    seen = output_of("node", exercise, stack.base_url, stack.api_key, str(node_modules()))

    orders = {name: order(each["events"]) for name, each in seen.items()}
    assert orders == {name: ORDERS[RECORDED[name]] for name in ("handled", "called", "outputs")}
    assert seen["handled"]["text"] != ""
    assert {"textCreated", "textDelta", "textDone", "messageDone", "end"} <= set(
        seen["handled"]["callbacks"]
    )
    assert {"toolCallCreated", "toolCallDelta"} <= set(seen["called"]["callbacks"])


def test_azure_ai_agents_handles_the_events_of_a_stream(stack: Stack) -> None:
    python = str(interpreter_of("azure-1.1.0"))

    seen = output_of(python, str(HERE / "exercise_azure.py"), stack.base_url, stack.api_key)

    assert (seen["status"], seen["errors"]) == ("completed", [])
    assert seen["text"] != ""
    assert set(seen["callbacks"]) == {
        "on_thread_run", "on_run_step", "on_thread_message", "on_message_delta", "on_done",
    }  # fmt: skip
