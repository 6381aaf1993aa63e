"""A virtual environment for each older SDK, created once and kept beside the repository's own."""

import os
import subprocess
import sys
from pathlib import Path

from requirements.install import uv_settings
from tests.limits import WAIT_SECONDS

ROOT = Path(__file__).resolve().parents[2]

PINNED = {
    # SDKs before 1.56 pass a parameter that httpx 0.28 removed.
    "1.26.0": ["openai==1.26.0", "httpx<0.28"],
    "1.20.0": ["openai==1.20.0", "httpx<0.28"],
    "1.75.0": ["openai==1.75.0"],
    "2.54.0": ["openai==2.54.0"],
    "azure-1.1.0": ["azure-ai-agents==1.1.0"],
}
NODE = "openai@7.59.0"
COMPLETE = "made-by-tests"


def interpreter_of(version: str) -> Path:
    """Returns the Python that has this SDK; creates its environment with uv if it is missing."""
    place = ROOT / f".venv-sdk-{version.rpartition('.')[0]}"
    python = place / "bin" / "python"
    if not (place / COMPLETE).exists():
        settings = uv_settings(_pip_config(), os.environ)
        uv = str(Path(sys.executable).with_name("uv"))
        _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(place), **settings)
        install = [uv, "pip", "install", "--quiet", "--python", str(python), *PINNED[version]]
        _run(*install, **settings)
        (place / COMPLETE).touch()
    return python


def node_modules() -> Path:
    """Returns the folder with the newest openai-node; installs it with npm if it is missing."""
    place = ROOT / ".venv-sdk-node"
    if not (place / COMPLETE).exists():
        _run("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(place), NODE)
        (place / COMPLETE).touch()
    return place


def _pip_config() -> list[str]:
    """Returns the configuration of the pip that the base interpreter has."""
    python = str(Path(sys.base_prefix) / "bin" / "python3")
    listed = subprocess.run(
        [python, "-m", "pip", "config", "list"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=WAIT_SECONDS,
    )
    return listed.stdout.splitlines()


def _run(*command: str, **environment: str) -> None:
    """Raises CalledProcessError."""
    subprocess.run(command, check=True, timeout=WAIT_SECONDS, env={**os.environ, **environment})
