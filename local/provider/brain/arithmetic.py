# ruff: noqa: RUF001 - people type these signs
"""Small sums: expressions, and linear equations in x."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from fractions import Fraction

_SPOKEN = (
    (r"\bplus\b", "+"),
    (r"\bminus\b", "-"),
    (r"\b(?:times|multiplied by)\b", "*"),
    (r"\b(?:divided by|over)\b", "/"),
    (r"(?<=\d)\s*[x×]\s*(?=\d)", "*"),
    (r"÷", "/"),
    (r"\^", "**"),
)
EXPRESSION = re.compile(r"[-(]*\d[\d.\s+\-*/()]*\d\)*|\d")
_EQUATION = re.compile(r"([-+*/().\dx\s]*x[-+*/().\dx\s]*)=\s*([-+*/().\dx\s]+)")
_OPERATIONS: Mapping[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_MAX_POWER = 64


class NotASumError(Exception):
    """The text is not a sum that can be worked out."""


def work_out(question: str) -> str | None:
    """The result of the sum or equation in a question, in a sentence; None if there is none."""
    text = question.replace("`", " ").replace("$", " ")
    for spoken, sign in _SPOKEN:
        text = re.sub(spoken, sign, text, flags=re.I)
    try:
        if (equation := _EQUATION.search(text)) is not None:
            return f"x = {_shown(_solve(equation.group(1), equation.group(2)))}"
        for match in EXPRESSION.finditer(text):
            expression = match.group().strip()
            if re.search(r"\d\s*[-+*/]+\s*[-(]*\d", expression) and not _dateish(expression):
                return f"{expression} = {_shown(evaluate(expression))}"
    except NotASumError:
        return None
    return None


def evaluate(expression: str, x: Fraction = Fraction(0)) -> Fraction:
    """An arithmetic expression worked out exactly. Raises `NotASumError`."""
    try:
        return _value(ast.parse(expression.strip(), mode="eval").body, x)
    except (SyntaxError, ZeroDivisionError) as error:
        raise NotASumError(expression) from error


def _value(node: ast.expr, x: Fraction) -> Fraction:
    match node:
        case ast.Constant(value=int() | float() as number):
            return Fraction(str(number))
        case ast.Name(id="x"):
            return x
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, x)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            power = _value(right, x)
            if power.denominator != 1 or abs(power) > _MAX_POWER:
                raise NotASumError("power")
            return Fraction(_value(left, x) ** int(power))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            return _OPERATIONS[type(op)](_value(left, x), _value(right, x))
    raise NotASumError(ast.dump(node))


def _solve(left: str, right: str) -> Fraction:
    def difference(x: int) -> Fraction:
        sides = (re.sub(r"(\d)\s*x", r"\1*x", side) for side in (left, right))
        first, second = (evaluate(side.strip(" ."), Fraction(x)) for side in sides)
        return first - second

    at_zero, at_one, at_two = difference(0), difference(1), difference(2)
    slope = at_one - at_zero
    if slope == 0 or at_two - at_one != slope:
        raise NotASumError("not linear in x")
    return -at_zero / slope


def _dateish(expression: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d{1,2}(-\d{1,2})?", expression))


def _shown(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.10g}"
