"""Runs with scripted tool calls, and access to their results."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from openai import OpenAI
from openai.types.beta.threads import Run

from local.provider.control import ControlClient
from local.stack import Stack
from tests.statemachine.paths import Paths

EXECUTES = "ExecuteToolFunction"
REMOTE = "ReserveStockFunction"


def call(name: str, **arguments: Any) -> dict[str, Any]:
    """A call as a scripted answer of the fake provider takes it."""
    return {"name": name, "arguments": arguments}


class Caller:
    """The owner of an API key: creates runs, submits outputs, approves calls."""

    def __init__(self, stack: Stack, key: str, paths: Paths) -> None:
        assert stack.provider is not None
        self.stack = stack
        self.paths = paths
        self.control: ControlClient = stack.provider.control
        self.client = OpenAI(base_url=stack.base_url, api_key=key, max_retries=0)

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def as_key(self, key: str, **allowed: Any) -> "Caller":
        """A caller of the same tenant with another key."""
        self.stack.add_key(key, allowed.pop("tenant", "local"), **allowed)
        return Caller(self.stack, key, self.paths)

    def definitions(self) -> list[Any]:
        """Returns the tool definitions for an assistant."""
        listed: Any = self.client.get("/tools", cast_to=object)
        return list(listed["data"])

    def start(
        self, *calls: Mapping[str, Any], tools: Iterable[Any] = (), text: str = "Do it."
    ) -> Run:
        """Creates a run whose model makes these calls in the first round."""
        if calls:
            self.control.script_answer(calls=calls)
        declared = [*self.definitions(), *tools]
        assistant = self.client.beta.assistants.create(model="gpt-6-luna", tools=declared)
        return self.client.beta.threads.create_and_run(
            assistant_id=assistant.id,
            thread={"messages": [{"role": "user", "content": text}]},
        )

    def now(self, run: Run) -> Any:
        """Returns the run with Understudy's additional fields."""
        shown: Any = self.client.get(f"/threads/{run.thread_id}/runs/{run.id}", cast_to=object)
        return shown

    def decide(self, run: Run, call_id: str, how: str, **body: str) -> Any:
        """Approves or refuses a call and returns the run."""
        path = f"/threads/{run.thread_id}/runs/{run.id}/tool_calls/{call_id}/{how}"
        shown: Any = self.client.post(path, cast_to=object, body=body or None)
        return shown

    def submit(self, run: Run, call_id: str, output: str) -> Any:
        """Submits the output of the client's only call."""
        outputs = [{"tool_call_id": call_id, "output": output}]
        path = f"/threads/{run.thread_id}/runs/{run.id}/submit_tool_outputs"
        return self.client.post(path, cast_to=object, body={"tool_outputs": outputs})

    def ended(self, run: Run) -> str:
        """Waits for the run's execution and returns its final status."""
        return self.paths.of(run.id)[-1]

    def outputs(self, run: Run) -> dict[str, str]:
        """Returns the outputs of the run's calls by call id."""
        steps = self.client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id)
        return {
            made.id: made.function.output or ""
            for step in steps
            if step.step_details.type == "tool_calls"
            for made in step.step_details.tool_calls
            if made.type == "function"
        }

    def output(self, run: Run) -> Any:
        """Returns the decoded output of the run's only call."""
        [output] = self.outputs(run).values()
        return json.loads(output)

    def given_to_model(self) -> list[str]:
        """Returns all outputs sent to the model since the test began."""
        sent = self.control.requests(method="POST", path="/v1/responses")
        items = [item for request in sent for item in json.loads(request["body"])["input"]]
        return [i["output"] for i in items if i.get("type") == "function_call_output"]

    def times(self, text: str, function: str = EXECUTES) -> int:
        """Returns how often a function logged a text."""
        assert self.stack.aws.runtime is not None
        return self.stack.aws.runtime.logs(function).count(text)
