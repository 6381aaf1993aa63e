"""Base models: records as they are stored, and bodies of requests.

Validation of a body stops early: only one error is reported, and collecting all errors of a large
body, as pydantic does by default, takes seconds.
"""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError, PydanticKnownError

MAX_METADATA_PAIRS = 16
MAX_METADATA_KEY = 64
MAX_METADATA_VALUE = 512


class Record(BaseModel):
    """An object as stored. Unknown fields are ignored: a newer release may have added them."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True
    )


class Body(BaseModel):
    """A body of a request. Unknown members are rejected, as OpenAI's API did."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )

    @model_validator(mode="before")
    @classmethod
    def _has_few_members(cls, value: Any) -> Any:
        """Raises the error of the first unknown member if there must be one."""
        fields = cls.model_fields
        if isinstance(value, dict) and len(value) > len(fields):
            known = {field.alias or name for name, field in fields.items()}
            name = next(name for name in value if name not in known)
            raise PydanticCustomError("unknown_member", "unknown member", {"member": name})
        return value


def at_most(pairs: int) -> BeforeValidator:
    """Returns a validator that rejects objects with too many members before validating them."""

    def check(value: Any) -> Any:
        if isinstance(value, dict) and len(value) > pairs:
            found = {"field_type": "Dictionary", "max_length": pairs, "actual_length": len(value)}
            raise PydanticKnownError("too_long", found)
        return value

    return BeforeValidator(check)


Metadata = Annotated[
    dict[
        Annotated[str, Field(max_length=MAX_METADATA_KEY)],
        Annotated[str, Field(max_length=MAX_METADATA_VALUE)],
    ],
    Field(max_length=MAX_METADATA_PAIRS),
    at_most(MAX_METADATA_PAIRS),
]
"""16 pairs at most; keys of 64 and values of 512 characters at most."""


def empty_object(value: Any) -> Any:
    """Returns an empty object for null, for members that take both."""
    return {} if value is None else value


def empty_list(value: Any) -> Any:
    """Returns an empty list for null, for members that take both."""
    return [] if value is None else value


GivenMetadata = Annotated[
    Metadata, BeforeValidator(empty_object, json_schema_input_type=Metadata | None)
]
"""Metadata of a body that creates something: null is the same as none."""

MAX_ID = 128

Id = Annotated[str, Field(min_length=1, max_length=MAX_ID)]
"""An id that a caller names: it becomes part of a key in the table, which has its limits."""

Json = dict[str, Any]
