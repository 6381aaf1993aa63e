"""The demo's client: the official SDK, and what it shows of a run while it polls it."""

import threading
import time
from collections.abc import Callable
from typing import Any

from openai import OpenAI
from openai.types.beta import Thread
from openai.types.beta.threads import Run

from local.aws.states.history import HistoryEvent
from local.demo.screen import Screen

RUN_SECONDS = 120
LOOK_SECONDS = 0.2
WORKING = {"queued", "in_progress", "cancelling"}


class DemoFailedError(Exception):
    """Something did not come out as it should; the text is for the person at the terminal."""


class Actor:
    """Speaks with the server as any client would. `answer_call` answers the client's own calls."""

    def __init__(
        self, client: OpenAI, screen: Screen, answer_call: Callable[[str, str], str]
    ) -> None:
        self.client = client
        self.screen = screen
        self._answer_call = answer_call
        self._past: set[str] = set()
        self._shown: set[str] = set()
        self._tools_done = threading.Event()

    def on_history(self, event: HistoryEvent) -> None:
        """Shows each state as the state machine enters it. Called from the machine's threads."""
        if event.execution in self._past:
            return  # what is left of the run before
        if event.type.endswith("StateEntered") and event.state:
            self.screen.state(event.state)
        if event.type == "MapStateExited":
            self._tools_done.set()

    def thread_of(self, user: str, purpose: str, **body: Any) -> Thread:
        """Get-or-create: our own route, through the SDK."""
        return self.client.put(f"/users/{user}/threads/{purpose}", cast_to=Thread, body=body)

    def ask(self, thread_id: str, assistant_id: str, question: str) -> str:
        """Asks and waits for the answer. Raises DemoFailedError if none comes."""
        started = time.monotonic()
        run = self.start(thread_id, assistant_id, question)
        with self.screen.busy("the run is queued"):
            run = self._until_settled(run)
        if run.status != "completed":
            reason = run.last_error.message if run.last_error else "no reason was given"
            raise DemoFailedError(f"The run ended as {run.status}: {reason}")
        answer = self.newest(thread_id)
        self._past.add(run.id)
        self.screen.answered(answer)
        self.screen.usage(run, time.monotonic() - started)
        return answer

    def start(self, thread_id: str, assistant_id: str, question: str) -> Run:
        """Posts the question and starts a run on it."""
        self.screen.said("user", question)
        threads = self.client.beta.threads
        threads.messages.create(thread_id, role="user", content=question)
        return threads.runs.create(thread_id=thread_id, assistant_id=assistant_id)

    def newest(self, thread_id: str) -> str:
        """The text of the thread's newest message."""
        message = self.client.beta.threads.messages.list(thread_id, limit=1).data[0]
        return "\n".join(part.text.value for part in message.content if part.type == "text")

    def poll(self, run: Run) -> Run:
        """The run once it has ended or needs its client; calls are shown as they are answered."""
        runs = self.client.beta.threads.runs
        until = time.monotonic() + RUN_SECONDS
        while run.status in WORKING:
            if time.monotonic() > until:
                raise DemoFailedError(f"The run is still {run.status} after {RUN_SECONDS} s")
            if self._tools_done.wait(LOOK_SECONDS):
                self._tools_done.clear()
                self.show_calls(run)
            run = runs.retrieve(run.id, thread_id=run.thread_id)
        return run

    def _until_settled(self, run: Run) -> Run:
        run = self.poll(run)
        self.show_calls(run)
        while run.status == "requires_action" and run.required_action:
            outputs = []
            for call in run.required_action.submit_tool_outputs.tool_calls:
                output = self._answer_call(call.function.name, call.function.arguments)
                outputs.append({"tool_call_id": call.id, "output": output})
            run = self.client.beta.threads.runs.submit_tool_outputs(
                run.id,
                thread_id=run.thread_id,
                tool_outputs=outputs,  # type: ignore[arg-type]
            )
            run = self.poll(run)
            self.show_calls(run)
        return run

    def show_calls(self, run: Run) -> None:
        """Shows the function calls of the run's steps that have not been shown yet."""
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
                where = "asked of the client" if call.id in mine else "ran on our side"
                self.screen.tool_call(
                    function.name, function.arguments, function.output, where=where
                )
