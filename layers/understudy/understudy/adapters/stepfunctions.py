"""The state machine: starting executions, and waking those that wait."""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from understudy.domain.runs import Run
from understudy.errors import StorageUnavailableError

NOT_WAITING = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}


class StepFunctionsExecutions:
    """Fits the port Executions."""

    def __init__(self, client: Callable[[], Any], state_machine_arn: str) -> None:
        self._client = client
        self._arn = state_machine_arn

    def start(self, run: Run) -> None:
        """The run's id is the execution's name, so a second start is the same execution.

        Raises StorageUnavailableError where Step Functions does not answer.
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
        """Best effort: a token that is used up or belongs to an earlier wait does no harm."""
        try:
            self._client().send_task_success(taskToken=task_token, output="{}")
        except ClientError as error:
            if error.response["Error"]["Code"] in NOT_WAITING:
                return False
            raise StorageUnavailableError(error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise StorageUnavailableError(type(error).__name__) from error
        return True
