"""The demo's client: the official SDK, which streams runs and prints what arrives."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from openai import OpenAI
from openai.types.beta import AssistantStreamEvent, Thread
from openai.types.beta.threads import Run
from openai.types.beta.threads.run_submit_tool_outputs_params import ToolOutput

from local.aws.states.history import HistoryEvent
from local.demo.screen import Screen

RUN_SECONDS = 600
POLL_SECONDS = 0.2
WORKING = {"queued", "in_progress", "cancelling"}


class DemoFailedError(Exception):
    """A scene has an unexpected result; the text is shown in the terminal."""


class Actor:
    """Calls the API as any client would. `answer_call` implements the client's own functions."""

    def __init__(
        self, client: OpenAI, screen: Screen, answer_call: Callable[[str, str], str]
    ) -> None:
        self.client = client
        self.screen = screen
        self._answer_call = answer_call
        self._past: set[str] = set()
        self._shown: set[str] = set()
        self._pause = threading.Event()

    def on_history(self, event: HistoryEvent) -> None:
        """Prints each state that is entered. Called from the threads of the state machine."""
        if event.execution in self._past:
            return  # an event of an earlier run
        if event.type.endswith("StateEntered") and event.state:
            self.screen.state(event.state)

    def thread_of(self, user: str, purpose: str, **body: Any) -> Thread:
        """Gets or creates a user's thread, by a route that only Understudy has."""
        return self.client.put(f"/users/{user}/threads/{purpose}", cast_to=Thread, body=body)

    def ask(self, thread_id: str, assistant_id: str, question: str) -> str:
        """Sends a question and returns the answer. Raises DemoFailedError if the run fails."""
        started = time.monotonic()
        self._add(thread_id, question)
        runs = self.client.beta.threads.runs
        with self.screen.busy("the run is queued"):
            run = self._followed(
                runs.create(thread_id=thread_id, assistant_id=assistant_id, stream=True)
            )
            while run.status == "requires_action" and run.required_action:
                run = self._followed(self._submitted(run))
        if run.status != "completed":
            reason = run.last_error.message if run.last_error else "no reason was given"
            raise DemoFailedError(f"The run ended as {run.status}: {reason}")
        answer = self.newest(thread_id)
        self._past.add(run.id)
        self.screen.answered(answer)
        self.screen.usage(run, time.monotonic() - started)
        return answer

    def start(self, thread_id: str, assistant_id: str, question: str) -> Run:
        """Adds the question to the thread and starts a run, without streaming it."""
        self._add(thread_id, question)
        return self.client.beta.threads.runs.create(thread_id=thread_id, assistant_id=assistant_id)

    def newest(self, thread_id: str) -> str:
        """Returns the text of the thread's newest message."""
        message = self.client.beta.threads.messages.list(thread_id, limit=1).data[0]
        return "\n".join(part.text.value for part in message.content if part.type == "text")

    def poll(self, run: Run) -> Run:
        """Returns the run when it has ended or requires action."""
        runs = self.client.beta.threads.runs
        until = time.monotonic() + RUN_SECONDS
        while run.status in WORKING:
            if time.monotonic() > until:
                raise DemoFailedError(f"The run is still {run.status} after {RUN_SECONDS} s")
            self._pause.wait(POLL_SECONDS)
            run = runs.retrieve(run.id, thread_id=run.thread_id)
        return run

    def _add(self, thread_id: str, question: str) -> None:
        self.screen.said("user", question)
        self.client.beta.threads.messages.create(thread_id, role="user", content=question)

    def _followed(self, events: Iterable[AssistantStreamEvent]) -> Run:
        """Prints text and tool calls as they arrive; returns the run as the stream ends."""
        run, text = None, ""
        for event in events:
            if event.event == "thread.message.delta":
                parts = event.data.delta.content or []
                text += "".join(
                    part.text.value or "" for part in parts if part.type == "text" and part.text
                )
                self.screen.writing(text)
            elif isinstance(event.data, Run):
                run = event.data
            elif event.event == "thread.run.step.completed" and run is not None:
                self.show_calls(run)
        if run is None:
            raise DemoFailedError("The stream ended without a run")
        self.show_calls(run)
        return run

    def _submitted(self, run: Run) -> Iterable[AssistantStreamEvent]:
        """Submits the outputs of the client's functions; returns the stream that follows."""
        outputs: list[ToolOutput] = []
        for call in run.required_action.submit_tool_outputs.tool_calls:  # type: ignore[union-attr]
            output = self._answer_call(call.function.name, call.function.arguments)
            outputs.append({"tool_call_id": call.id, "output": output})
        return self.client.beta.threads.runs.submit_tool_outputs(
            run.id,
            thread_id=run.thread_id,
            tool_outputs=outputs,
            stream=True,
        )

    def show_calls(self, run: Run) -> None:
        """Prints the function calls of the run's steps that were not printed yet."""
        runs = self.client.beta.threads.runs
        mine = set()
        if run.required_action:
            mine = {call.id for call in run.required_action.submit_tool_outputs.tool_calls}
        for step in runs.steps.list(run.id, thread_id=run.thread_id, order="asc"):
            if step.step_details.type != "tool_calls":
                continue
            for call in step.step_details.tool_calls:
                if call.type != "function" or call.id in self._shown:
                    continue
                self._shown.add(call.id)
                function = call.function
                where = "for the client" if call.id in mine else "ran on the server"
                self.screen.tool_call(
                    function.name, function.arguments, function.output, where=where
                )
