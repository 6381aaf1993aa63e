"""What all models share: they are frozen, and a body from outside may hold known fields only."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MAX_METADATA_PAIRS = 16
MAX_METADATA_KEY = 64
MAX_METADATA_VALUE = 512


class Record(BaseModel):
    """An object of ours, as stored. Unknown fields are ignored: a newer release may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Body(BaseModel):
    """A body from outside. Unknown fields are refused, as the original did."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _check_metadata(metadata: dict[str, str]) -> dict[str, str]:
    for key, value in metadata.items():
        if len(key) > MAX_METADATA_KEY:
            raise ValueError(f"keys must be at most {MAX_METADATA_KEY} characters long")
        if len(value) > MAX_METADATA_VALUE:
            raise ValueError(f"values must be at most {MAX_METADATA_VALUE} characters long")
    return metadata


Metadata = Annotated[
    dict[str, str], Field(max_length=MAX_METADATA_PAIRS), AfterValidator(_check_metadata)
]
"""16 pairs at most; keys of 64 and values of 512 characters at most."""

Json = dict[str, Any]
