"""`make demo`: plays the conversation on the local stack."""

import os
import sys
import time
import warnings
from contextlib import ExitStack

from openai import OpenAIError

from local.demo.actor import DemoFailedError
from local.demo.kept import count_what_is_kept
from local.demo.play import play
from local.demo.screen import Screen
from local.options import OptionsError, options_from
from local.stack import Stack


def main(arguments: list[str]) -> int:
    """Returns 0, or 1 with the reason on screen if a scene has an unexpected result."""
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    screen, started = Screen(), time.monotonic()
    screen.title(
        "Understudy",
        "The Assistants API, served by template.yaml, its state machine and its functions.",
    )
    try:
        options = options_from(arguments, os.environ)
        with ExitStack() as open_:
            with screen.busy("starting"):
                stack = open_.enter_context(Stack(options, screen.working))
            screen.note(f"started after {time.monotonic() - started:.1f} s")
            play(stack, screen)
            count_what_is_kept(stack, screen)
    except (DemoFailedError, OptionsError, OpenAIError, OSError) as error:
        screen.failed(str(error) or type(error).__name__)
        return 1
    screen.note(f"\nthe demo took {time.monotonic() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
