"""What can be set: the accepted keys, the speeds, the limits of what is kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path


@dataclass
class Speeds:
    """How long things take, in seconds. Changed at run time through `/_control/speeds`."""

    queued: float = 0.05
    working: float = 0.3
    long_working: float = 30.0
    indexing: float = 0.05
    webhook_retry: float = 0.2
    webhook_timeout: float = 5.0

    def set(self, **seconds: float) -> None:
        """Change some of them. Raises `ValueError` for an unknown name or a negative time."""
        known = {field.name for field in fields(self)}
        for name, value in seconds.items():
            if name not in known or value < 0:
                raise ValueError(
                    f"{name}={value}: expected seconds >= 0 for one of {sorted(known)}"
                )
            setattr(self, name, float(value))

    def reset(self) -> None:
        """Back to the defaults."""
        self.set(**asdict(Speeds()))


@dataclass(frozen=True)
class Limits:
    """What is kept. Beyond it the oldest goes, so that memory stays bounded."""

    finished_responses: int = 2000
    response_bytes: int = 64 * 1024 * 1024
    requests: int = 5000
    request_bytes: int = 32 * 1024 * 1024
    body_bytes: int = 256 * 1024
    object_events: int = 50_000
    webhook_deliveries: int = 2000
    webhook_attempts: int = 5


@dataclass(frozen=True)
class Options:
    """One server's settings; `folder` holds uploaded bytes and is emptied when the server ends."""

    keys: tuple[str, ...]
    folder: Path
    limits: Limits = field(default_factory=Limits)
