"""The provider's errors as responses to clients whose requests were passed on to it."""

import math

from aws_lambda_powertools.event_handler import Response

from understudy.errors import (
    LimitExceededError,
    ProviderError,
    ProviderKeyError,
    ProviderNotFoundError,
    ProviderQuotaError,
    ProviderRateLimitedError,
    ProviderRefusedError,
)
from understudy.files.provider_ids import refusal_of
from understudy.http.errors import request_error, unavailable
from understudy.observability import error_keys, logger

PROVIDER_UNAVAILABLE = "The model provider is temporarily unavailable. Please retry shortly."
PROVIDER_KEY = (
    "The model provider rejected the API key of this deployment. Ask its operator to replace it."
)
PROVIDER_QUOTA = (
    "The quota of this deployment at the model provider is used up. Ask its operator to raise it."
)


def provider_error(error: ProviderError) -> Response[str]:
    """Returns the response to a request that was passed on to the provider and failed there."""
    logger.warning("provider_failed", **error_keys(error))
    match error:
        case ProviderNotFoundError():
            # The deployment has a record of the object, so the client did nothing wrong.
            return unavailable(PROVIDER_UNAVAILABLE)
        case ProviderRefusedError():
            return request_error(refusal_of(error))
        case ProviderRateLimitedError(retry_after=seconds):
            text, wait = "The model provider's rate limit is reached.", math.ceil(seconds)
            return request_error(
                LimitExceededError(text, code="rate_limit_exceeded", retry_after=wait)
            )
        case ProviderKeyError():
            return unavailable(PROVIDER_KEY, retry=False)
        case ProviderQuotaError():
            return unavailable(PROVIDER_QUOTA, retry=False)
        case _:
            return unavailable(PROVIDER_UNAVAILABLE)
