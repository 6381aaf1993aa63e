"""Adds what the model wrote before its tool calls to the thread, while the run goes on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run
from understudy.files.generated import record_generated

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.file_uses import FileUses
    from understudy.adapters.dynamodb.files import Files
    from understudy.adapters.dynamodb.messages import Messages


@dataclass(frozen=True)
class TurnMessages:
    """Adds the messages of a round with tool calls. They stay, however the run ends.

    The messages of the last round are added by FetchResponse, in the transaction that ends the run.
    """

    messages: "Messages"
    files: "Files"
    file_uses: "FileUses"
    now: Callable[[], float]

    def publish(self, run: Run, steps: Sequence[RunStep]) -> list[RunStep]:
        """Adds the messages of the steps; returns the steps with those of messages completed.

        Store the returned steps afterwards: a step must not name a message that does not exist.
        Idempotent. Raises RunEndedError if the run has ended.
        """
        with_message = [step for step in steps if step.message is not None]
        if not with_message:
            return list(steps)
        now = int(self.now())
        files = {file.file_id: file for step in with_message for file in step.files}
        if files:
            record_generated(self.files, self.file_uses, self.now, run, files.values())
        self.messages.add_of_open_run(run, [step.as_message(run, now) for step in with_message])
        over = {"status": "completed", "ended_at": now}
        return [step.model_copy(update=over) if step.message else step for step in steps]
