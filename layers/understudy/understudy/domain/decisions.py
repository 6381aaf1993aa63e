"""Decisions on calls that need approval."""

from enum import StrEnum
from typing import Final

from pydantic import Field

from understudy.domain.base import Body

MAX_REASON: Final = 1000


class Decision(StrEnum):
    """An approved call is executed; a refused one has the refusal as its output."""

    APPROVED = "approved"
    REFUSED = "refused"


class DecisionReason(Body):
    """The body of an approval or a refusal. The model sees the reason of a refusal."""

    reason: str | None = Field(default=None, max_length=MAX_REASON)
