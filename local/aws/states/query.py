"""JSONata as Step Functions evaluates it: an undefined result is an error.

Of the functions that Step Functions adds to JSONata, only $parse is supported.
"""

import json
from collections.abc import Mapping
from typing import Any

from jsonata import Jsonata
from jsonata.jexception import JException
from jsonata.utils import Utils
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str


class QueryEvaluationError(Exception):
    """An expression failed, or its result is undefined or not JSON.

    Step Functions reports it as States.QueryEvaluationError.
    """


def variables_of(env: Any) -> dict[str, Any]:
    """Returns copies of `$states` and the assigned variables, without their dollar signs."""
    store = env.variable_store
    values = {**store._outer_scope, **store._inner_scope, "states": env.states._states_data}
    copies: dict[str, Any] = json.loads(to_json_str(values))
    return copies


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """Returns the value of an expression as plain JSON types.

    Variables are bound as values, never inserted into the text. `$` and `$$` are undefined, as in
    Step Functions. Raises QueryEvaluationError.
    """
    try:
        query = Jsonata(expression)
        query.set_output_convert_nulls(False)
        functions = {"parse": Jsonata.JLambda(json.loads)}
        result = query.evaluate(None, {**functions, **_with_nulls(variables)})
    except (JException, ValueError, TypeError, RecursionError) as error:
        raise QueryEvaluationError(
            f"The JSONata expression '{expression}' specified for the field failed: {error}"
        ) from error
    if result is None:
        raise QueryEvaluationError(
            f"The JSONata expression '{expression}' returned nothing (undefined)."
        )
    return _plain(expression, result)


def _with_nulls(variables: Mapping[str, Any]) -> dict[str, Any]:
    # A variable that is None would be undefined; inside objects and lists None is null already.
    return {name: Utils.NULL_VALUE if value is None else value for name, value in variables.items()}


def _plain(expression: str, value: Any) -> Any:
    """Converts the library's own list, number and null types to JSON types."""
    if value is Utils.NULL_VALUE or value is None:
        return None
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, list):
        return [_plain(expression, item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(expression, item) for key, item in value.items()}
    raise QueryEvaluationError(
        f"The JSONata expression '{expression}' returned an unsupported result type."
    )
