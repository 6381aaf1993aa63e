"""AWS clients, made on first use and kept: one costs tens of milliseconds of a cold start."""

from functools import cache
from typing import Any

CONNECT_SECONDS = 2
READ_SECONDS = 8
ATTEMPTS = 4


@cache
def session() -> Any:
    """One botocore session for all clients of the process; its loaded data is shared."""
    import botocore.session

    return botocore.session.get_session()


@cache
def client(service: str) -> Any:
    """The client of one service, with timeouts far below any function's."""
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        signature_version="s3v4" if service == "s3" else None,  # for links; S3 defaults to v2
    )
    return session().create_client(service, config=config)
