"""One round of `understudy smoke`: a client, and what has to be removed afterwards."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import openai
from understudy.services import Services

from operate.failures import CommandError

STEP_SECONDS = 60
PAUSE_SECONDS = 0.5


class StepFailedError(CommandError):
    """A step did not show what it should; the text says what it showed."""


@dataclass
class Smoke:
    """One round against a deployment. `left` removes what the steps made, newest first."""

    client: openai.OpenAI
    services: Services
    model: str
    tenant: str
    mark: str
    """Part of the names of this round, so that rounds do not meet."""
    left: list[Callable[[], object]] = field(default_factory=list)
    _pause: threading.Event = field(default_factory=threading.Event)

    def wait_for(self, what: str, found: Callable[[], Any]) -> Any:
        """Returns the first true value. Raises StepFailedError after STEP_SECONDS."""
        until = time.monotonic() + STEP_SECONDS
        while time.monotonic() < until:
            value = found()
            if value:
                return value
            self._pause.wait(PAUSE_SECONDS)
        raise StepFailedError(f"{what} is missing after {STEP_SECONDS} s")

    def assistant(self, *tools: Any) -> str:
        made = self.client.beta.assistants.create(
            model=self.model, instructions="Answer in one short sentence.", tools=list(tools)
        )
        self.left.append(lambda: self.client.beta.assistants.delete(made.id))
        return made.id

    def thread(self, text: str) -> str:
        made = self.client.beta.threads.create(messages=[{"role": "user", "content": text}])
        self.delete_thread_later(made.id)
        return made.id

    def delete_thread_later(self, thread_id: str) -> None:
        self.left.append(
            lambda: delete_if_there(lambda: self.client.beta.threads.delete(thread_id))
        )

    def start(self, text: str, *tools: Any, **fields: Any) -> Any:
        return self.client.beta.threads.runs.create(
            self.thread(text), assistant_id=self.assistant(*tools), **fields
        )

    def ended(self, run: Any, status: str) -> Any:
        """Polls the run until it ends or waits. Raises StepFailedError for another status."""
        done = self.client.beta.threads.runs.poll(run.id, run.thread_id)
        if done.status != status:
            reason = done.last_error.message if done.last_error else f"run {done.id}"
            raise StepFailedError(f"{done.status} instead of {status}: {reason}")
        return done


def delete_if_there(delete: Callable[[], object]) -> None:
    """Deletes an object that may have been deleted before."""
    try:
        delete()
    except openai.NotFoundError:
        return


def expect(holds: object, otherwise: str) -> None:
    """Raises StepFailedError unless the condition holds."""
    if not holds:
        raise StepFailedError(otherwise)
