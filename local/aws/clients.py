"""boto3 clients of local AWS, which takes any credentials."""

from typing import Any

import boto3
from botocore.config import Config

from local.aws.resources import REGION

_make_client: Any = boto3.client  # mypy's stubs want a literal service name


def client_of(
    service: str, endpoint: str, access_key: str = "local", config: Config | None = None
) -> Any:
    """Returns a client; the access key tells local AWS who makes its calls (calls.py)."""
    return _make_client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key="local",  # noqa: S106  not checked
        config=config,
    )
