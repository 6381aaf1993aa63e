"""A virtual environment for an older SDK, made once and kept beside the repository's own."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PINNED = {
    # httpx 0.28 took away a parameter that SDKs before 1.56 pass on.
    "1.26.0": ["openai==1.26.0", "httpx<0.28"],
    "1.20.0": ["openai==1.20.0", "httpx<0.28"],
}
MADE = "made-by-tests"
SECONDS = 300


def interpreter_of(version: str) -> Path:
    """The Python that has this SDK; the environment is made if it is not there (about 10 s)."""
    place = ROOT / f".venv-sdk-{version.rpartition('.')[0]}"
    python = place / "bin" / "python"
    if not (place / MADE).exists():
        run = [sys.executable, "-m", "venv", "--clear", str(place)]
        subprocess.run(run, check=True, timeout=SECONDS)
        install = [str(python), "-m", "pip", "install", "--quiet", *PINNED[version]]
        subprocess.run(install, check=True, timeout=SECONDS)
        (place / MADE).touch()
    return python
