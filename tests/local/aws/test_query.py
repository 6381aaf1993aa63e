"""JSONata as Step Functions evaluates it."""

from typing import Any

import pytest

from local.aws.states.query import QueryEvaluationError, evaluate

_STATES = {"input": {"none": None, "list": [1, 2], "text": 'a "quoted"\nline'}}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.input.none", None),
        ("$states.input.none = null", True),
        ("$nothing_at_all = null", False),
        ("$empty", None),
        ("$exists($empty)", True),
        ("$states.input.text & '!'", 'a "quoted"\nline!'),
        ("{'kept': $states.input.none, 'dropped': $missing}", {"kept": None}),
        ("$states.input.list[0]", 1),
        ("[1..3]", [1, 2, 3]),
        ("[$filter($states.input.list, function($n) {$n > 5})]", []),
        ("$min([$seconds * 2, 30])", 16),
        ("$parse('{\"a\": [1, null]}')", {"a": [1, None]}),
    ],
)
def test_expression_has_value_of_step_functions(expression: str, value: Any) -> None:
    """Null is a value, and text in variables is never syntax."""
    variables = {"states": _STATES, "empty": None, "seconds": 8}

    assert evaluate(expression, variables) == value


@pytest.mark.parametrize(
    "expression",
    ["$states.input.absent", "$undeclared", "$", "1 + 'a'", "1 +", "function($x) {$x}", "$x()"],
)
def test_expression_without_result_is_an_error(expression: str) -> None:
    """So are undefined results, type errors, syntax errors and functions as results."""
    with pytest.raises(QueryEvaluationError, match="JSONata expression"):
        evaluate(expression, {"states": _STATES})
