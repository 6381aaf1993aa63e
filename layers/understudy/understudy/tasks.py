"""Entry point of the functions that the state machine calls: ids in, a small result out."""

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
    """Handles one invocation: every log line has its ids.

    UnderstudyErrors pass unchanged, because the state machine matches their class names. Any other
    error is logged with its class and location and raised as UnforeseenError: Lambda would log its
    text and Step Functions would store it, and the text may have user data.
    """
    with log_keys(request_id=getattr(context, "aws_request_id", None), **ids):
        try:
            yield
        except UnderstudyError:
            raise
        except Exception as error:  # its text must not leave this process
            log_unforeseen(error)
            raise UnforeseenError(type(error).__name__) from error


def run_task(task: Task) -> Handler:
    """Returns the Lambda handler of a task. Its third argument is for tests."""

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
