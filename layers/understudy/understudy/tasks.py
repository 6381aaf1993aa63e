"""Entry point of the functions that the state machine calls: ids in, a small result out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any

from understudy.domain.run_errors import provider_failure
from understudy.errors import (
    ProviderError,
    RunError,
    StorageUnavailableError,
    UnderstudyError,
    UnforeseenError,
)
from understudy.observability import log_foreseen, log_keys, log_unforeseen, logger
from understudy.runs.progress import Progress, RunRef
from understudy.services import Services, services

Task = Callable[[RunRef, Services], Progress]
Handler = Callable[..., dict[str, Any]]


@contextmanager
def invocation(context: object, **ids: str | None) -> Iterator[None]:
    """Handles one invocation: every log line has its ids.

    UnderstudyErrors pass unchanged, because the state machine matches their class names. They are
    logged first, because Lambda's own line about an error has no ids. Any other error is logged
    with its class and location and raised as UnforeseenError: Lambda would log its text and Step
    Functions would store it, and the text may have user data.
    """
    with log_keys(request_id=getattr(context, "aws_request_id", None), **ids):
        try:
            yield
        except UnderstudyError as error:
            log_foreseen(error)
            raise
        except Exception as error:  # its text must not leave this process
            log_unforeseen(error)
            raise UnforeseenError(type(error).__name__) from error


def _done(task: Task, ref: RunRef, chosen: Services) -> Progress:
    """Executes the task. A failure of the provider is stored on the run before it is raised.

    The state machine passes on only the class of an error, because its history is no place for
    the provider's texts.
    """
    try:
        return task(ref, chosen)
    except ProviderError as error:
        failure = provider_failure(
            type(error).__name__, status=error.status, code=error.code, message=error.said
        )
        with suppress(RunError, StorageUnavailableError):  # the provider's error is raised anyway
            chosen.runs.change(chosen.runs.get_open(*ref.ids), failure=failure)
        raise


def run_task(task: Task) -> Handler:
    """Returns the Lambda handler of a task. Its third argument is for tests."""

    @wraps(task)
    def handler(
        event: dict[str, Any], context: object, using: Services | None = None
    ) -> dict[str, Any]:
        ref = RunRef.of_event(event)
        ids = {"tenant": ref.tenant, "thread_id": ref.thread_id, "run_id": ref.run_id}
        with invocation(context, **ids):
            progress = _done(task, ref, using or services())
            logger.info("task_done", status=str(progress.status))
        return progress.model_dump(mode="json")

    return handler
