"""Creates a virtual environment and installs locked packages into it, with uv if it can.

    python3 requirements/install.py .venv requirements/demo.lock --editable .

Needs nothing but Python. The Makefile calls it for each environment. uv itself comes from the
package registry into the same environment, with the hash that requirements/uv.lock has; pip does
the work where that fails, and with INSTALLER=pip in the environment.

pip's configuration (pip.conf, PIP_* variables) decides which registry is asked. uv does not read
it, so uv_settings translates it.
"""

import argparse
import ast
import importlib.util
import os
import shlex
import subprocess
import sys
import venv
from collections.abc import Iterable, Mapping
from pathlib import Path

UV_LOCK = Path(__file__).with_name("uv.lock")
OLDEST_PYTHON = (3, 11)
BIN = "Scripts" if os.name == "nt" else "bin"

SAME_VALUE = {
    "index-url": "UV_DEFAULT_INDEX",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "proxy": "ALL_PROXY",
    "no-index": "UV_NO_INDEX",
}
"""pip's options that uv has under another name, with the same value."""

SEPARATORS = {
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
}
"""pip's options with several values, and what separates them in uv's variable."""


def uv_settings(pip_config: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """Environment variables for uv that mean the same as the output of `pip config list`.

    A variable that the environment has already is left out: the user's own setting for uv wins.
    """
    options: dict[str, str] = {}
    # The environment's options (`:env:.NAME`) win over those of files, as they do for pip.
    for line in sorted(pip_config, key=lambda line: line.startswith(":env:")):
        name, separator, value = line.strip().partition("=")
        section, _, option = name.rpartition(".")
        if separator and section in ("global", "install", ":env:"):
            options[option] = str(ast.literal_eval(value))
    settings = {SAME_VALUE[option]: options[option] for option in SAME_VALUE if option in options}
    for option, (variable, separator) in SEPARATORS.items():
        if option in options:
            settings[variable] = separator.join(options[option].split())
    if "UV_INDEX" in settings:
        # As pip does: the lock's version may be in any of the indexes. Its hashes are checked.
        settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {name: value for name, value in settings.items() if name not in environment}


def install(folder: Path, locks: list[str], editable: str | None, *, use_uv: bool) -> None:
    """Raises CalledProcessError when neither uv nor pip can install the packages."""
    python = str(folder / BIN / "python")
    pip = _create(folder, python)
    installer = [*pip, "install", "--disable-pip-version-check"]
    environment = dict(os.environ)
    if use_uv and _has_uv(folder, installer):
        environment |= uv_settings(_config_of(pip), os.environ)
        installer = [str(folder / BIN / "uv"), "pip", "install", "--python", python]
    else:
        print("Installing with pip, which takes about a minute longer than uv.", flush=True)
    wanted = [word for lock in locks for word in ("-r", lock)]
    subprocess.run([*installer, "--require-hashes", *wanted], check=True, env=environment)
    if editable is not None:
        own = ["--no-deps", "--no-build-isolation", "--editable", editable]
        subprocess.run([*installer, *own], check=True, env=environment)


def _create(folder: Path, python: str) -> list[str]:
    """Creates the environment if it is missing; returns the command line of a pip for it.

    Copying pip into an environment costs several seconds, so the interpreter's own pip is used
    where it has one.
    """
    has_pip = importlib.util.find_spec("pip") is not None
    if not Path(python).exists():
        venv.create(folder, with_pip=not has_pip, symlinks=os.name != "nt")
    if has_pip:
        return [sys.executable, "-m", "pip", "--python", python]
    return [python, "-m", "pip"]


def _config_of(pip: list[str]) -> list[str]:
    command = [*pip, "config", "list"]
    listed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return listed.stdout.splitlines()


def _has_uv(folder: Path, pip_install: list[str]) -> bool:
    """Whether the locked uv is installed now; says so when it cannot be."""
    if _is_installed(folder):
        return True
    command = [*pip_install, "--quiet", "--require-hashes", "-r", str(UV_LOCK)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return True
    reason = done.stderr.strip().splitlines()
    print(f"uv cannot be installed: {reason[-1] if reason else 'pip gave no reason'}", flush=True)
    return False


def _is_installed(folder: Path) -> bool:
    program = folder / BIN / "uv"
    if not program.exists():
        return False
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return version.stdout.split()[1:2] == [UV_LOCK.read_text().split()[0].partition("==")[2]]


def main() -> int:
    """0, or 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(description="Installs locked packages.")
    parser.add_argument("folder", type=Path, help="the virtual environment; created if missing")
    parser.add_argument("locks", nargs="*", help="files with pinned packages and hashes")
    parser.add_argument("--editable", help="a project to install as editable, without dependencies")
    parser.add_argument("--settings", action="store_true", help="print settings for uv pip compile")
    given = parser.parse_args()
    if sys.version_info < OLDEST_PYTHON:
        print("Understudy needs Python 3.11 or newer: make … PYTHON=python3.13", file=sys.stderr)
        return 1
    if given.settings:
        # A lock lists the files of the default registry: another index may have only some of them.
        partial = {"UV_INDEX", "UV_INDEX_STRATEGY", "UV_FIND_LINKS"}
        found = uv_settings(_config_of([sys.executable, "-m", "pip"]), os.environ)
        settings = {name: value for name, value in found.items() if name not in partial}
        print("\n".join(f"export {name}={shlex.quote(v)}" for name, v in settings.items()))
        return 0
    try:
        use_uv = os.environ.get("INSTALLER", "uv") == "uv"
        install(given.folder, given.locks, given.editable, use_uv=use_uv)
    except subprocess.CalledProcessError as error:
        print(f"Not installed: {error.cmd[0]} ended with {error.returncode}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
