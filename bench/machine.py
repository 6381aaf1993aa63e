"""The machine and the versions with which the figures were measured."""

import importlib.metadata
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

VERSIONS = ("openai", "boto3", "aws-lambda-powertools", "pydantic", "moto")


def machine() -> list[str]:
    """Returns the lines for the head of the page."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in VERSIONS)
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        f"{_processor()}, {os.cpu_count()} processors, {_memory_gb():.0f} GB, "
        f"{platform.system()} {platform.machine()}; load {os.getloadavg()[0]:.1f} at the start",
        f"Python {platform.python_version()}, {versions}",
    ]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "processor of unknown name")


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
