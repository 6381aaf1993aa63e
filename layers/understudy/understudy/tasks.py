"""The frame of every function that the state machine calls: an id in, a small value out."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from understudy.actions.progress import Progress, RunRef
from understudy.bootstrap import Services, services
from understudy.observability import logger

Task = Callable[[RunRef, Services], Progress]
Handler = Callable[..., dict[str, Any]]


def run_task(task: Task) -> Handler:
    """Makes a Lambda handler of a task. The third argument is for tests.

    Errors go through untouched: the state machine knows them by their class names.
    """

    @wraps(task)
    def handler(
        event: dict[str, Any], context: object, using: Services | None = None
    ) -> dict[str, Any]:
        ref = RunRef.of_event(event)
        logger.append_keys(
            tenant=ref.tenant,
            thread_id=ref.thread_id,
            run_id=ref.run_id,
            request_id=getattr(context, "aws_request_id", None),
        )
        progress = task(ref, using or services())
        logger.info("task_done", status=str(progress.status))
        return progress.model_dump(mode="json")

    return handler
