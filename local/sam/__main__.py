"""`make sam-local`: runs the local stack with its functions in containers."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from rich.console import Console

from local.options import OptionsError, options_from
from local.sam.bridge import NoEngineError
from local.sam.servers import SamFailedError, free_port
from local.sam.stack import NotBuiltError, SamStack, sam_stack
from local.stack import ROOT

FOLDER = ROOT / ".local" / "sam"


def main(arguments: list[str]) -> int:
    """Runs until SIGINT or SIGTERM; returns 1 and prints the reason if it cannot start."""
    console = Console(highlight=False)
    parser = argparse.ArgumentParser(prog="make sam-local", add_help=False)
    parser.add_argument("--sam-port", type=int, default=0)
    given, rest = parser.parse_known_args(arguments)
    interrupted = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    program = os.environ.get("SAM", "sam")
    try:
        options = options_from(rest, os.environ)
        with sam_stack(options, program, FOLDER) as running:
            api = running.sam.serve("start-api", given.sam_port or free_port())
            try:
                console.print(_try(running, api.url, program))
                interrupted.wait()
            finally:
                api.stop()
    except (NoEngineError, NotBuiltError, OptionsError, SamFailedError, OSError) as error:
        console.print(f"[red]{error}[/]")
        return 1
    return 0


def _try(running: SamStack, url: str, program: str) -> str:
    template, variables = (_shown(path) for path in (running.template, running.variables))
    event = "events/api/list_assistants.json"
    return f"""
  sam local start-api       {url}/v1
  sam local start-lambda    {running.lambdas.url}
  the local stack           {running.stack.base_url}   (its state machine drives the containers)
  api_key                   {running.stack.api_key}

  Try, in another terminal:

    curl -H 'Authorization: Bearer {running.stack.api_key}' {url}/v1/assistants

    AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local \\
    {program} local invoke ApiFunction -e {event} \\
      -t {template} --env-vars {variables} --parameter-overrides Architecture=x86_64

  The first response of a container takes some seconds. Ctrl-C stops everything.
"""


def _shown(path: Path) -> Path:
    return path.relative_to(ROOT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
