"""boto3 clients for the embedded AWS."""

from typing import Any

import boto3


def local_client(service: str, endpoint_url: str, region: str) -> Any:
    """A client of the embedded AWS, which wants credentials and checks none."""
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106
    )
