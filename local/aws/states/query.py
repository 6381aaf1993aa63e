"""JSONata as Step Functions evaluates it: its own functions, and nothing is an error."""

import functools
import hashlib
import json
import random
import uuid
from collections.abc import Mapping
from typing import Any

from jsonata import Jsonata
from jsonata.jexception import JException
from jsonata.utils import Utils

_DIGESTS = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}


class QueryEvaluationError(Exception):
    """The expression failed, or yielded nothing or something that is not JSON.

    What Step Functions reports as States.QueryEvaluationError.
    """


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """The value of an expression, as plain JSON types.

    Variables are bound as values, never pasted into the text. `$` and `$$` have no value, as in
    Step Functions.
    """
    try:
        query = Jsonata(expression)
        query.set_output_convert_nulls(False)
        result = query.evaluate(None, {**_functions(), **_with_nulls(variables)})
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
    # A variable that is None reads as undefined; inside objects and lists None is null already.
    return {name: Utils.NULL_VALUE if value is None else value for name, value in variables.items()}


def _plain(expression: str, value: Any) -> Any:
    """The library's own list, number and null types as JSON types."""
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


@functools.cache
def _functions() -> dict[str, Any]:
    """What Step Functions adds to JSONata."""
    return {
        "partition": Jsonata.JLambda(_partition),
        "range": Jsonata.JLambda(_range),
        "hash": Jsonata.JLambda(_hash),
        "random": Jsonata.JLambda(_random),
        "uuid": Jsonata.JLambda(lambda: str(uuid.uuid4())),
        "parse": Jsonata.JLambda(json.loads),
    }


def _partition(values: list[Any], size: int) -> list[list[Any]]:
    if size < 1:
        raise ValueError("$partition needs a chunk size of at least 1")
    return [list(values[start : start + size]) for start in range(0, len(values), size)]


def _range(first: int, last: int, step: int) -> list[int]:
    if step == 0:
        raise ValueError("$range needs a step other than 0")
    return list(range(first, last + (1 if step > 0 else -1), step))


def _hash(value: str, algorithm: str) -> str:
    if algorithm not in _DIGESTS:
        raise ValueError(f"$hash knows {', '.join(_DIGESTS)}, not {algorithm}")
    digest = hashlib.new(_DIGESTS[algorithm], value.encode(), usedforsecurity=False)
    return digest.hexdigest()


def _random(seed: int | None = None) -> float:
    return random.Random(seed).random()  # noqa: S311 - what the language offers, not a secret
