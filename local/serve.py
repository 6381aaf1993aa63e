"""`make local`: runs the local stack until it is interrupted."""

import json
import os
import shlex
import signal
import sys
import threading
import webbrowser
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from local.options import OptionsError, options_from
from local.stack import ROOT, Stack

ENV_FILE = Path(os.environ.get("UNDERSTUDY_ENV_FILE") or ROOT / ".local" / "env")
"""The file for the addresses; a second stack on the same checkout needs another one."""


def addresses(stack: Stack) -> dict[str, str]:
    """Returns all addresses under the names that clients and AWS tools read."""
    return {
        "UNDERSTUDY_BASE_URL": stack.base_url,
        "UNDERSTUDY_API_KEY": stack.api_key,
        "AWS_ENDPOINT_URL": stack.aws.endpoint,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PROVIDER_BASE_URL": stack.provider_url,
        "TABLE_NAME": stack.deployment.outputs["TableName"],
        "BUCKET_NAME": stack.deployment.outputs["BucketName"],
        "STATE_MACHINE_ARN": stack.deployment.outputs["StateMachineArn"],
        "UNDERSTUDY_OUTPUTS": json.dumps(stack.deployment.outputs),
    }


def write_env(path: Path, values: Mapping[str, str]) -> None:
    """Writes shell assignments atomically, readable by this user only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text("".join(f"export {name}={shlex.quote(v)}\n" for name, v in values.items()))
    fresh.replace(path)


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def main(arguments: list[str]) -> int:
    """Runs until SIGINT or SIGTERM; returns 1 and prints the reason if it cannot start."""
    console = Console(highlight=False, log_path=False)
    interrupted = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    ENV_FILE.unlink(missing_ok=True)
    try:
        options = options_from(arguments, os.environ)

        def show(line: str) -> None:
            console.print(line, markup=False, soft_wrap=True)

        with Stack(options, console.log, (lambda _: None) if options.quiet else show) as stack:
            values = addresses(stack)
            write_env(ENV_FILE, values)
            console.print(f"\n  base_url  [bold]{stack.base_url}[/]")
            console.print(f"  api_key   [bold]{stack.api_key}[/]")
            console.print(f"  console   [bold]{stack.base_url}/console[/]")
            console.print(f"\n  AWS       {stack.aws.endpoint}")
            console.print(f"  provider  {stack.provider_url}")
            console.print(f"\n  These values are in {_shown(ENV_FILE)}. Ctrl-C stops everything.\n")
            if os.environ.get("OPEN"):
                webbrowser.open(f"{stack.base_url}/console")
            interrupted.wait()
    except (OptionsError, OSError) as error:
        console.print(f"[red]{error}[/]")
        return 1
    finally:
        ENV_FILE.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
