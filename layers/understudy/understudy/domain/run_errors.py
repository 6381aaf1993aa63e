"""The errors of failed runs: one of OpenAI's three codes, what went wrong, and what to do."""

from typing import Final, Literal

from understudy.domain.base import Record
from understudy.domain.provider_texts import MAX_CODE, one_line, readable

RunErrorCode = Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]
"""The codes that OpenAI's API has; the SDKs know no others."""

RATE_LIMIT_CODES: Final = {"rate_limit_exceeded", "insufficient_quota"}
PROMPT_CODES: Final = {"invalid_prompt", "context_length_exceeded", "model_not_found"}

UNKNOWN_MODEL: Final = "ProviderModelError"

CAUGHT: Final = {
    "ProviderRateLimitedError": (
        "rate_limit_exceeded",
        "The model's provider is over its rate limit.",
        "Create the run again later, or ask the provider for a higher limit.",
    ),
    "ProviderQuotaError": (
        "insufficient_quota",
        "The quota at the model's provider is used up.",
        "The operator of this deployment has to raise it.",
    ),
    UNKNOWN_MODEL: (
        "invalid_prompt",
        "The provider does not know the model '{model}'; add an alias to ModelAliases.",
        "",
    ),
    "ProviderRefusedError": (
        "invalid_prompt",
        "The model's provider refused the request.",
        "Change what it names and create the run again.",
    ),
    "ProviderNotFoundError": (
        None,
        "The model's provider does not have something that the request names.",
        "Create the run again.",
    ),
    "ProviderUnavailableError": (
        None,
        "The model's provider could not be reached, or failed.",
        "Create the run again later.",
    ),
    "ProviderKeyError": (
        None,
        "The model's provider refused the key of this deployment.",
        "The operator of this deployment has to replace it.",
    ),
}
"""Code, reason and advice by the class name of the error that the state machine caught."""

INSIDE: Final = (
    "The run failed inside this deployment. "
    "Its operator finds the cause in the log by the run's id."
)

MEASURED: Final = RATE_LIMIT_CODES | PROMPT_CODES | {"server_error"}
"""The values of the metric's dimension `code`, which must be few."""


class ProviderFailure(Record):
    """How the provider refused or failed a request of a run.

    `error` is the class name of the error, `status` the HTTP status. Create it with
    `provider_failure`, which removes what a client may not see.
    """

    error: str = ""
    status: int | None = None
    code: str | None = None
    message: str = ""


class LastError(Record):
    """Why a run failed. `provider` is set if the model's provider failed or refused a request."""

    code: RunErrorCode
    message: str
    provider: ProviderFailure | None = None

    @property
    def measured_code(self) -> str:
        """The most precise code that may be a dimension of a metric."""
        code = self.provider.code if self.provider else None
        return code if code in MEASURED else self.code


def provider_failure(
    error: str, *, status: int | None = None, code: str | None = None, message: str = ""
) -> ProviderFailure:
    """Returns the failure without ids, keys, addresses and control characters, and bounded."""
    shown_code = readable(code or "", MAX_CODE) or None
    return ProviderFailure(error=error, status=status, code=shown_code, message=readable(message))


def last_error(
    code: str | None, message: str, provider: ProviderFailure | None = None
) -> LastError:
    """Returns an error with one of the three codes that OpenAI's API has."""
    known: RunErrorCode = "server_error"
    if code in RATE_LIMIT_CODES:
        known = "rate_limit_exceeded"
    elif code in PROMPT_CODES or (code or "").startswith(("invalid_", "image_")):
        known = "invalid_prompt"
    return LastError(code=known, message=message, provider=provider)


def failed_response_error(code: str | None, message: str | None) -> LastError:
    """Returns the error of a run whose response failed at the provider."""
    provider = provider_failure("", code=code, message=message or "")
    return last_error(code, provider.message or "The model failed.", provider)


def caught_error(name: str, failure: ProviderFailure | None, model: str) -> LastError:
    """Returns the error of a run whose step failed with the error class `name`.

    `failure` is the newest one that was stored on the run. It is left out if it is of another
    class, because the step failed for another reason then. `model` is the one that was requested.
    """
    if name not in CAUGHT:
        return last_error(None, INSIDE)
    code, reason, advice = CAUGHT[name]
    provider = failure if failure is not None and failure.error == name else None
    parts = [reason.format(model=one_line(model)), advice, _quoted(provider)]
    return last_error(code, " ".join(part for part in parts if part), provider)


def _quoted(failure: ProviderFailure | None) -> str:
    if failure is None:
        return ""
    status = f"HTTP {failure.status}" if failure.status else ""
    head = " ".join(part for part in (status, failure.code) if part)
    text = ": ".join(part for part in (head, failure.message) if part)
    return f"The provider's response: {text}" if text else ""
