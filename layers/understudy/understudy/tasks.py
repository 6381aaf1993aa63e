"""The frame of every function that the state machine calls: an id in, a small value out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from understudy.errors import UnderstudyError, UnforeseenError
from understudy.observability import log_keys, log_unforeseen, logger
from understudy.runs.progress import Progress, RunRef
from understudy.services import Services, services

Task = Callable[[RunRef, Services], Progress]
Handler = Callable[..., dict[str, Any]]


@contextmanager
def invocation(context: object, **ids: str | None) -> Iterator[None]:
    """One invocation of a function: its ids are on every line that it logs.

    Our own errors go through untouched: the state machine knows them by their class names. Any
    other is logged by class and place and leaves as UnforeseenError: Lambda writes an error's text
    to the log and Step Functions to the history, and a text may quote what a user wrote.
    """
    with log_keys(request_id=getattr(context, "aws_request_id", None), **ids):
        try:
            yield
        except UnderstudyError:
            raise
        except Exception as error:  # nothing of its text may leave the sandbox
            log_unforeseen(error)
            raise UnforeseenError(type(error).__name__) from error


def run_task(task: Task) -> Handler:
    """Makes a Lambda handler of a task. The third argument is for tests."""

    @wraps(task)
    def handler(
        event: dict[str, Any], context: object, using: Services | None = None
    ) -> dict[str, Any]:
        ref = RunRef.of_event(event)
        ids = {"tenant": ref.tenant, "thread_id": ref.thread_id, "run_id": ref.run_id}
        with invocation(context, **ids):
            progress = task(ref, using or services())
            logger.info("task_done", status=str(progress.status))
        return progress.model_dump(mode="json")

    return handler
