"""Arguments of a remote tool against the JSON schema that its declaration gives."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from understudy.tools.registry.errors import InvalidArgumentsError, ToolDeclarationError

MAX_COMPLAINTS = 5
MAX_COMPLAINT_LENGTH = 200


def check_arguments(schema: Mapping[str, Any], arguments: Any) -> None:
    """Raises InvalidArgumentsError with what does not fit, for a model to correct.

    The schema is of draft 2020-12. References lead only to what is in the schema itself: nothing
    is fetched. Raises ToolDeclarationError for a schema that is none.
    """
    from jsonschema import Draft202012Validator, SchemaError
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, registry=Registry())
        wrong = list(islice(validator.iter_errors(arguments), MAX_COMPLAINTS))
    except (SchemaError, Unresolvable, RecursionError) as error:
        raise ToolDeclarationError("the schema of a remote tool is none") from error
    if wrong:
        complaints = "; ".join(_complaint(each.json_path, each.message) for each in wrong)
        raise InvalidArgumentsError(f"The arguments do not fit the schema: {complaints}")


def _complaint(path: str, message: str) -> str:
    return f"{path}: {message}"[:MAX_COMPLAINT_LENGTH]
