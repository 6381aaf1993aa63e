"""Secrets, cached for a few minutes: a rotated secret is used without a deployment."""

from functools import cache
from typing import Any

from understudy.adapters.aws import client

MAX_AGE_SECONDS = 300


def secret(arn: str) -> str:
    """Returns the secret, at most five minutes old."""
    value = _provider().get(arn, max_age=MAX_AGE_SECONDS)
    return value.decode() if isinstance(value, bytes) else str(value)


@cache
def _provider() -> Any:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider

    return SecretsProvider(boto3_client=client("secretsmanager"))
