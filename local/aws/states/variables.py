"""What an expression can see: `$states` and the variables that the machine assigned."""

import json
from typing import Any

from moto.stepfunctions.parser.asl.utils.encoding import to_json_str


def variables_of(env: Any) -> dict[str, Any]:
    """The variables in scope, without their dollar signs, as plain JSON values.

    They are copies: an expression cannot change the state of its execution.
    """
    store = env.variable_store
    values = {**store._outer_scope, **store._inner_scope, "states": env.states._states_data}
    copies: dict[str, Any] = json.loads(to_json_str(values))
    return copies
