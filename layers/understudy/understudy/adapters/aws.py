"""AWS clients, made on first use and kept: one costs tens of milliseconds of a cold start."""

from functools import cache
from pathlib import Path
from typing import Any

CONNECT_SECONDS = 2
READ_SECONDS = 8
ATTEMPTS = 4


@cache
def session() -> Any:
    """One botocore session for all clients of the process; its loaded data is shared."""
    import botocore.session

    made = botocore.session.get_session()
    loader = made.get_component("data_loader")
    loader.list_available_services = lambda _type_name: _service_folders(loader.search_paths)
    return made


def _service_folders(paths: list[str]) -> list[str]:
    """All that botocore has data of; its own way lists every one of 440 folders, twice a client."""
    return [folder.name for path in map(Path, paths) if path.is_dir() for folder in path.iterdir()]


@cache
def client(service: str, read_seconds: int = READ_SECONDS, attempts: int = ATTEMPTS) -> Any:
    """The client of one service, with timeouts far below any function's unless told otherwise."""
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": attempts},
        signature_version="s3v4" if service == "s3" else None,  # for links; S3 defaults to v2
    )
    return session().create_client(service, config=config)
