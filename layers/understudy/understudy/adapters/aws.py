"""AWS clients, created on first use and cached: each costs tens of milliseconds of a cold start."""

from functools import cache
from pathlib import Path
from typing import Any

CONNECT_SECONDS = 2
READ_SECONDS = 8
ATTEMPTS = 4


@cache
def session() -> Any:
    """Returns the botocore session of all clients in this process, so that they share its data."""
    import botocore.session

    made = botocore.session.get_session()
    loader = made.get_component("data_loader")
    loader.list_available_services = lambda _type_name: _service_folders(loader.search_paths)
    return made


def _service_folders(paths: list[str]) -> list[str]:
    """Lists the services by folder name. botocore would list all 440 folders twice per client."""
    return [folder.name for path in map(Path, paths) if path.is_dir() for folder in path.iterdir()]


@cache
def client(service: str, read_seconds: int = READ_SECONDS, attempts: int = ATTEMPTS) -> Any:
    """Returns the client of a service. The default timeouts are far below those of any function."""
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": attempts},
        # Links and upload forms need signature v4, and virtual addressing for the regional host:
        # otherwise botocore presigns for s3.amazonaws.com, which fails outside us-east-1.
        signature_version="s3v4" if service == "s3" else None,
        s3={"addressing_style": "virtual"} if service == "s3" else None,
    )
    return session().create_client(service, config=config)
