"""What somebody decides about a call that needs approval."""

from enum import StrEnum
from typing import Final

from pydantic import Field

from understudy.domain.base import Body

MAX_REASON: Final = 1000


class Decision(StrEnum):
    """The call is executed, or its output is the refusal."""

    APPROVED = "approved"
    REFUSED = "refused"


class DecisionReason(Body):
    """The body of an approval or a refusal. The model is told the reason of a refusal."""

    reason: str | None = Field(default=None, max_length=MAX_REASON)
