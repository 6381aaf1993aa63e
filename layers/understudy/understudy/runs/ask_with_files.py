"""Asking the model with the thread's files at hand, and once more when their container has died."""

from collections.abc import Callable, Sequence

from understudy.domain.responses import ResponseRequest
from understudy.domain.runs import Run, RunStatus
from understudy.domain.threads import Thread
from understudy.domain.tools import ToolCall
from understudy.errors import ProviderRefusedError
from understudy.files.prepare import forget_container, is_container_gone
from understudy.ports import Ports
from understudy.runs.ask import ask_model
from understudy.runs.progress import Progress, progress_of


def ask_with_files(
    ports: Ports,
    run: Run,
    thread: Thread,
    request_for: Callable[[Thread], ResponseRequest],
    *,
    answered: Sequence[ToolCall] = (),
) -> Progress:
    """Creates the response as `ask_model` does; a run whose files are being indexed sleeps first.

    `request_for` makes the request for the thread as the tools see it.
    """
    opened = ports.file_preparation.prepare(run, thread)
    if opened is None:
        return progress_of(run, RunStatus.QUEUED, now=ports.now())
    try:
        return ask_model(ports, run, request_for(opened), answered=answered)
    except ProviderRefusedError as error:
        if opened.container_id is None or not is_container_gone(error):
            raise
    without = forget_container(ports.threads, opened)
    return ask_model(ports, run, request_for(without), answered=answered)
