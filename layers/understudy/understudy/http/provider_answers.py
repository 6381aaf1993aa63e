"""Errors of the provider as answers to a client whose request went through to it."""

import math

from aws_lambda_powertools.event_handler import Response

from understudy.errors import (
    LimitExceededError,
    ProviderError,
    ProviderNotFoundError,
    ProviderRateLimitedError,
    ProviderRefusedError,
)
from understudy.files.provider_ids import refusal_of
from understudy.http.answers import refused, unavailable
from understudy.observability import logger


def answer_to(error: ProviderError) -> Response[str]:
    """A refusal is told with its text; that our key or account is at fault is not."""
    logger.warning("provider_failed", error=type(error).__name__, code=error.code)
    match error:
        case ProviderNotFoundError():
            return unavailable()  # our record says that it is there: not the client's fault
        case ProviderRefusedError():
            return refused(refusal_of(error))
        case ProviderRateLimitedError(retry_after=seconds):
            text = "The model's provider is over its rate limit."
            wait = math.ceil(seconds)
            limited = LimitExceededError(text, code="rate_limit_exceeded", retry_after=wait)
            return refused(limited)
        case _:
            return unavailable()
