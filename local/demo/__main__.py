"""`make demo`: plays the conversation on the local stack."""

import argparse
import os
import sys
import time
import warnings
from contextlib import ExitStack
from pathlib import Path

from openai import OpenAIError

from local.demo.actor import DemoFailedError
from local.demo.picture import recording_console, write_picture
from local.demo.play import play
from local.demo.screen import Screen
from local.ledger import live_objects, ownerless
from local.options import OptionsError, options_from
from local.stack import Stack


def main(arguments: list[str]) -> int:
    """Returns 0, or 1 with the reason on screen if a scene has an unexpected result."""
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    picture, others = _picture(arguments)
    screen, started = Screen(recording_console() if picture else None), time.monotonic()
    screen.title(
        "Understudy",
        "The Assistants API, served by template.yaml, its state machine and its functions.",
    )
    try:
        options = options_from(others, os.environ)
        with ExitStack() as open_:
            with screen.busy("starting"):
                stack = open_.enter_context(Stack(options, screen.working))
            screen.note(f"started after {time.monotonic() - started:.1f} s")
            play(stack, screen, after_first=lambda: _write(screen, picture))
            count_what_is_kept(stack, screen)
    except (DemoFailedError, OptionsError, OpenAIError, OSError) as error:
        screen.failed(str(error) or type(error).__name__)
        return 1
    screen.note(f"\nthe demo took {time.monotonic() - started:.1f} s")
    return 0


def _picture(arguments: list[str]) -> tuple[Path | None, list[str]]:
    """Returns the file for the picture, if one is wanted, and the stack's options."""
    parser = argparse.ArgumentParser(prog="understudy", add_help=False)
    parser.add_argument("--picture", type=Path)
    given, others = parser.parse_known_args(arguments)
    return given.picture, others


def count_what_is_kept(stack: Stack, screen: Screen) -> None:
    """Raises DemoFailedError for an object at the fake provider that no record refers to."""
    if stack.provider is None:
        return
    if lost := ownerless(stack):
        raise DemoFailedError(f"The provider has objects without a record: {lost}.")
    files = len(live_objects(stack, "file"))
    screen.note(f"the provider has {files} files, and each has an owner record")


def _write(screen: Screen, picture: Path | None) -> None:
    if picture is not None:
        write_picture(screen.console, picture)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
