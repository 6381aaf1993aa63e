"""What all models share: they are frozen, and a body from outside may hold known fields only."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MAX_METADATA_PAIRS = 16
MAX_METADATA_KEY = 64
MAX_METADATA_VALUE = 512


class Record(BaseModel):
    """An object of ours, as stored. Unknown fields are ignored: a newer release may add some."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True
    )


class Body(BaseModel):
    """A body from outside. Unknown fields are refused, as the original did."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )


Metadata = Annotated[
    dict[
        Annotated[str, Field(max_length=MAX_METADATA_KEY)],
        Annotated[str, Field(max_length=MAX_METADATA_VALUE)],
    ],
    Field(max_length=MAX_METADATA_PAIRS),
]
"""16 pairs at most; keys of 64 and values of 512 characters at most."""


def empty_object(value: Any) -> Any:
    """What a null stands for where an object is taken."""
    return {} if value is None else value


def empty_list(value: Any) -> Any:
    """What a null stands for where a list is taken."""
    return [] if value is None else value


GivenMetadata = Annotated[
    Metadata, BeforeValidator(empty_object, json_schema_input_type=Metadata | None)
]
"""Metadata of a body that creates something: null is the same as none."""

MAX_ID = 128

Id = Annotated[str, Field(min_length=1, max_length=MAX_ID)]
"""An id that a caller names: it becomes part of a key in the table, which has its limits."""

Json = dict[str, Any]
