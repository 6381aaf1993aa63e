"""The errors of failed runs: one of OpenAI's three codes, and a text for the client."""

from typing import Final, Literal

from understudy.domain.base import Record

RATE_LIMIT_CODES: Final = {"rate_limit_exceeded", "insufficient_quota"}
PROMPT_CODES: Final = {"invalid_prompt", "context_length_exceeded", "model_not_found"}

CAUGHT: Final = {
    "ProviderRateLimitedError": (
        "rate_limit_exceeded",
        "The model's provider is over its rate limit.",
    ),
    "ProviderQuotaError": (
        "insufficient_quota",
        "The quota at the model's provider is used up.",
    ),
    "ProviderRefusedError": ("invalid_prompt", "The model's provider refused the request."),
    "ProviderUnavailableError": (None, "The model's provider could not be reached."),
    "ProviderKeyError": (None, "The model's provider refused the key of this deployment."),
}
"""Code and text by the class name of the error that the state machine caught."""


class LastError(Record):
    """Why a run failed."""

    code: Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]
    message: str


def last_error(code: str | None, message: str) -> LastError:
    """Returns an error with one of the three codes that OpenAI's API has."""
    if code in RATE_LIMIT_CODES:
        return LastError(code="rate_limit_exceeded", message=message)
    if code in PROMPT_CODES or (code or "").startswith(("invalid_", "image_")):
        return LastError(code="invalid_prompt", message=message)
    return LastError(code="server_error", message=message)


def caught_error(name: str) -> LastError:
    """Returns the error of a run whose step failed with the error class `name`."""
    code, message = CAUGHT.get(name, (None, "The run failed inside this deployment."))
    return last_error(code, message)
