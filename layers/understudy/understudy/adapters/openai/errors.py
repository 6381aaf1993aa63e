"""Translates the SDK's exceptions to the provider errors of `understudy.errors`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from understudy.adapters.openai.sdk import openai
from understudy.errors import (
    ProviderError,
    ProviderKeyError,
    ProviderModelError,
    ProviderNotFoundError,
    ProviderQuotaError,
    ProviderRateLimitedError,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from understudy.observability import Metric, emit

DEFAULT_RETRY_AFTER = 5.0
CODE = re.compile(r"[A-Za-z0-9_]{1,64}")
NAMED_MODEL = re.compile(
    r"\bmodel\b.*\b(not found|not exist|not supported|invalid)\b", re.IGNORECASE
)
UNKNOWN_MODEL_CODES = {"model_not_found", "DeploymentNotFound"}
"""OpenAI's code, and Azure's."""

CODES: dict[type[ProviderError], str] = {
    ProviderUnavailableError: "unavailable",
    ProviderRateLimitedError: "rate_limited",
    ProviderQuotaError: "quota",
    ProviderKeyError: "key",
    ProviderModelError: "unknown_model",
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
    status, code, said = error.status_code, _code(error), _said(error)
    given: dict[str, Any] = {"code": code, "status": status, "said": said}
    text = f"HTTP {status} {code}" if code else f"HTTP {status}"
    if _is_unknown_model(status, code, said):
        return ProviderModelError(text, **given)
    if status == 429 and code == "insufficient_quota":
        return ProviderQuotaError(text, **given)
    if status == 429:
        return ProviderRateLimitedError(text, retry_after=_retry_after(error), **given)
    if status in (401, 403):
        return ProviderKeyError(text, code=code, status=status)
    if status == 404:
        return ProviderNotFoundError(text, **given)
    if status in (408, 409) or status >= 500:
        return ProviderUnavailableError(text, **given)
    return ProviderRefusedError(text, **given)


def _is_unknown_model(status: int, code: str | None, said: str) -> bool:
    """Returns whether the provider does not know the model.

    OpenAI responds with a 404 or, to a project without access, a 403; servers that copy its API
    often with a 404 without a code, whose text says so, and Bedrock with a 400.
    """
    if code in UNKNOWN_MODEL_CODES or "model identifier is invalid" in said:
        return True
    return status == 404 and bool(NAMED_MODEL.search(said))


def _code(error: openai.APIStatusError) -> str | None:
    """Returns the provider's code, which is logged, unless it may be a text; some send a number."""
    code = str(error.code or "")
    return code if CODE.fullmatch(code) else None


def _said(error: openai.APIStatusError) -> str:
    body = error.body
    return str(body.get("message") or body.get("detail") or "") if isinstance(body, dict) else ""


def _retry_after(error: openai.APIStatusError) -> float:
    """Returns the seconds of `retry-after-ms` or `retry-after`, or a default."""
    headers = error.response.headers
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * scale)
        except (KeyError, ValueError):
            continue
    return DEFAULT_RETRY_AFTER
