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
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$range(1, 5, 2)", [1, 3, 5]),
        ("$length($hash('a', 'SHA-256'))", 64),
    ],
)
def test_an_expression_has_the_value_that_step_functions_gives_it(
    expression: str, value: Any
) -> None:
    """Null is a value, text in variables is never syntax, and AWS's own functions are there."""
    variables = {"states": _STATES, "empty": None, "seconds": 8}

    assert evaluate(expression, variables) == value


@pytest.mark.parametrize(
    "expression",
    ["$states.input.absent", "$undeclared", "$", "1 + 'a'", "1 +", "function($x) {$x}", "$x()"],
)
def test_an_expression_that_yields_nothing_is_an_error(expression: str) -> None:
    """Undefined, a type error, a syntax error and a function are all query evaluation errors."""
    with pytest.raises(QueryEvaluationError, match="JSONata expression"):
        evaluate(expression, {"states": _STATES})
