"""What Step Functions' errors mean for starts and callbacks."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from understudy.adapters.stepfunctions import StepFunctionsExecutions
from understudy.errors import StorageUnavailableError
from understudy.services import Services

from tests.unit import stage


class Failing:
    """A client of Step Functions whose calls fail with one error."""

    def __init__(self, code: str) -> None:
        self._code = code

    def __getattr__(self, operation: str) -> Any:
        def fail(**_: Any) -> None:
            raise ClientError({"Error": {"Code": self._code, "Message": "x"}}, operation)

        return fail


def executions(code: str) -> StepFunctionsExecutions:
    return StepFunctionsExecutions(lambda: Failing(code), "arn:aws:states:::stateMachine:x")


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_token_that_no_task_waits_with_wakes_nothing(code: str) -> None:
    """The caller then stores a pending callback; an error would lose it."""
    assert executions(code).wake("token") is False


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException"])
def test_other_errors_of_a_callback_are_raised(code: str) -> None:
    """The webhook is delivered again, and a client repeats its request."""
    with pytest.raises(StorageUnavailableError):
        executions(code).wake("token")


def test_execution_that_exists_counts_as_started(services: Services) -> None:
    """The run's id is the execution's name, so a repeated start is idempotent (F020)."""
    run = stage.put_run(services)

    executions("ExecutionAlreadyExists").start(run)
    with pytest.raises(StorageUnavailableError):
        executions("ThrottlingException").start(run)
