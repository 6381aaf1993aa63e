"""Translates the SDK's exceptions to the provider errors of `understudy.errors`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from understudy.adapters.openai.sdk import openai
from understudy.errors import (
    ProviderError,
    ProviderKeyError,
    ProviderNotFoundError,
    ProviderQuotaError,
    ProviderRateLimitedError,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from understudy.observability import Metric, emit

DEFAULT_RETRY_AFTER = 5.0
CODE = re.compile(r"[a-z_]{1,64}")

CODES: dict[type[ProviderError], str] = {
    ProviderUnavailableError: "unavailable",
    ProviderRateLimitedError: "rate_limited",
    ProviderQuotaError: "quota",
    ProviderKeyError: "key",
    ProviderNotFoundError: "not_found",
}
"""The values of the metric's dimension `code`; every other error is a rejected request."""

ALARMED_WITH = {
    "unavailable": "rate_limited",
    "rate_limited": "unavailable",
    "quota": "key",
    "key": "quota",
}
"""Codes that one alarm adds up. A sum with a series that was never published has no value, so each
code publishes the other one as 0."""


@contextmanager
def translated() -> Iterator[None]:
    """Translates the SDK's exceptions to provider errors and counts them."""
    try:
        yield
    except openai.APIStatusError as error:
        raise _counted(_of_status(error)) from error
    except openai.APIError as error:  # no connection, a timeout, or an invalid response
        unreachable = ProviderUnavailableError(type(error).__name__, code="connection")
        raise _counted(unreachable) from error
    except ValueError as error:  # a 200 with an invalid body
        unread = ProviderUnavailableError("the body could not be read", code="malformed")
        raise _counted(unread) from error


def _counted(error: ProviderError) -> ProviderError:
    code = CODES.get(type(error), "refused")
    emit({Metric.PROVIDER_ERRORS: 1}, code=code)
    if code in ALARMED_WITH:
        emit({Metric.PROVIDER_ERRORS: 0}, code=ALARMED_WITH[code])
    return error


def _of_status(error: openai.APIStatusError) -> ProviderError:
    status, code, text = error.status_code, error.code, _text(error)
    if status == 429 and code == "insufficient_quota":
        return ProviderQuotaError(text, code=code)
    if status == 429:
        return ProviderRateLimitedError(text, code=code, retry_after=_retry_after(error))
    if status in (401, 403):
        return ProviderKeyError(f"the provider refused our key ({status})", code=code)
    if status == 404 and code != "model_not_found":
        return ProviderNotFoundError(text, code=code, said=_said(error))
    if status in (408, 409) or status >= 500:
        return ProviderUnavailableError(f"HTTP {status}", code=code or str(status))
    return ProviderRefusedError(text, code=code, said=_said(error))


def _said(error: openai.APIStatusError) -> str:
    body = error.body
    return str(body.get("message") or "") if isinstance(body, dict) else ""


def _text(error: openai.APIStatusError) -> str:
    """Returns status and code, which are logged; the provider's text may quote the prompt."""
    code = str(error.code or "")
    return (
        f"HTTP {error.status_code} {code}" if CODE.fullmatch(code) else f"HTTP {error.status_code}"
    )


def _retry_after(error: openai.APIStatusError) -> float:
    """Returns the seconds of `retry-after-ms` or `retry-after`, or a default."""
    headers = error.response.headers
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * scale)
        except (KeyError, ValueError):
            continue
    return DEFAULT_RETRY_AFTER
