"""Executions of the state machine: starts them, and wakes those that wait."""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from understudy.domain.runs import Run
from understudy.errors import StorageUnavailableError

NOT_WAITING = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}


class StepFunctionsExecutions:
    """Implements the port Executions."""

    def __init__(self, client: Callable[[], Any], state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, run: Run) -> None:
        """Starts the run's execution; idempotent, because the run's id is the execution's name.

        Raises StorageUnavailableError if Step Functions cannot be reached.
        """
        ids = {"tenant": run.tenant, "thread_id": run.thread_id, "run_id": run.id}
        try:
            self._client().start_execution(
                stateMachineArn=self._arn, name=run.id, input=json.dumps(ids)
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionAlreadyExists":
                return
            raise StorageUnavailableError(error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise StorageUnavailableError(type(error).__name__) from error

    def wake(self, task_token: str) -> bool:
        """Wakes the task that waits with this token; returns False if none does.

        Raises StorageUnavailableError if Step Functions cannot be reached.
        """
        return _is_sent(self._client().send_task_success, taskToken=task_token, output="{}")

    def fail_wait(self, task_token: str, error: str, cause: str) -> None:
        """Fails the task that waits with this token; does nothing if none does.

        Raises StorageUnavailableError if Step Functions cannot be reached.
        """
        _is_sent(self._client().send_task_failure, taskToken=task_token, error=error, cause=cause)


def _is_sent(send: Callable[..., Any], **callback: str) -> bool:
    try:
        send(**callback)
    except ClientError as error:
        if error.response["Error"]["Code"] in NOT_WAITING:
            return False
        raise StorageUnavailableError(error.response["Error"]["Code"]) from error
    except BotoCoreError as error:
        raise StorageUnavailableError(type(error).__name__) from error
    return True
