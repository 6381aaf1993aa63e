"""Settings of the fake provider: accepted keys, speeds, and limits on what it keeps."""

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path


@dataclass
class Speeds:
    """How long each step takes, in seconds. `delta` passes before each delta of a stream."""

    queued: float = 0.05
    working: float = 0.3
    delta: float = 0.0
    indexing: float = 0.05
    webhook_retry: float = 0.2
    webhook_timeout: float = 60.0

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
        """Restore the defaults."""
        self.set(**asdict(Speeds()))


@dataclass(frozen=True)
class Limits:
    """How much is kept; beyond it the oldest is dropped, so that memory stays bounded."""

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
    """Settings of one provider; `folder` holds uploaded bytes."""

    keys: tuple[str, ...]
    folder: Path
    limits: Limits = field(default_factory=Limits)
