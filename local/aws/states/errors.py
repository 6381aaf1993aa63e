"""Error names as Step Functions reports and matches them."""

from typing import Any

from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from local.aws.states.query import QueryEvaluationError, evaluate, variables_of

# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_TERMINAL = {"States.DataLimitExceeded", "States.Runtime"}


def evaluate_query(component: Any, env: Any) -> None:
    """Evaluates a JSONata expression; moto has no evaluator."""
    try:
        value = evaluate(component.expression, variables_of(env))
    except QueryEvaluationError as error:
        raise _query_failure(env, str(error)) from error
    env.stack.append(value)


def match_error(component: Any, env: Any) -> None:
    """Matches an error; in moto, States.ALL also matches errors that cannot be caught."""
    error: str | None = env.stack.pop().error_name
    names = {name.error_name for name in component.error_names}
    if "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout"):
        env.stack.append(error not in _TERMINAL)
    else:
        env.stack.append(error in names)


def _query_failure(env: Any, cause: str) -> FailureEventException:
    name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
    details = EvaluationFailedEventDetails(cause=cause, error=name.error_name)
    return FailureEventException(
        failure_event=FailureEvent(
            env=env,
            error_name=name,
            event_type=HistoryEventType.EvaluationFailed,
            event_details=EventDetails(evaluationFailedEventDetails=details),
        )
    )
