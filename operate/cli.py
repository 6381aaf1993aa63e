"""The entry point of the `understudy` command.

To add a command, write a module with a click command named `command` and add a line to COMMANDS.
"""

import importlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

import click
from click.shell_completion import get_completion_class

from operate.failures import one_line


class Listed(NamedTuple):
    """Where a command is, and its line in the list of commands."""

    module: str
    summary: str


COMMANDS = {
    "api-key": Listed("operate.api_key", "Create, list and revoke API keys, set their webhook."),
    "ask": Listed("operate.ask", "Ask one question and print the answer."),
    "budget": Listed("operate.budget", "Set and show what a tenant may spend."),
    "import": Listed("operate.import_threads", "Import threads from a file."),
    "migrate": Listed("operate.migrate", "Copy everything from another server."),
    "orphans": Listed("operate.orphans", "Find and remove unused files at the provider."),
    "smoke": Listed("operate.smoke", "Check that a deployment works, in two minutes."),
    "usage": Listed("operate.usage", "Report usage and cost, of one tenant or of all."),
    "webhook": Listed("operate.webhook", "Register, rotate or show the provider's webhook."),
    "why": Listed("operate.why", "Show what a run did and waited for, and why it ended."),
}


class CommandList(click.Group):
    """Imports a command's module when the command is used: the SDKs take half a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *COMMANDS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        command: click.Command = importlib.import_module(COMMANDS[cmd_name].module).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = {name: Listed("", each.get_short_help_str()) for name, each in self.commands.items()}
        rows = [(name, listed.summary) for name, listed in sorted({**COMMANDS, **own}.items())]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=CommandList, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="understudy")
def understudy() -> None:
    """Operate an Understudy deployment.

    Without --stack, a command works on the running `make local`, else on the stack that was
    deployed last from this checkout, else on understudy-dev. It prints which one on stderr.
    """


@understudy.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a completion script for a shell.

    For bash: eval "$(understudy completion bash)"
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(understudy, {}, "understudy", "_UNDERSTUDY_COMPLETE").source())


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; 0, 1 with one line on stderr when it failed, 2 for wrong arguments."""
    try:
        code = understudy.main(
            None if arguments is None else list(arguments), "understudy", standalone_mode=False
        )
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return 130
    except Exception as error:
        line = one_line(error)
        if line is None:
            raise
        click.echo(line, err=True)
        return 1
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
