"""`understudy smoke`: shows that a deployment works, in two minutes, and removes what it made.

    understudy smoke --stack understudy-dev
    make smoke STAGE=dev

It creates an API key of the tenant `smoke`, runs each step with it and prints a table. A real
provider bills about ten short responses.
"""

import io
import secrets
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import click
import openai
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table
from understudy.adapters.dynamodb import keys
from understudy.domain.api_keys import digest_of
from understudy.errors import UnderstudyError
from urllib3.exceptions import HTTPError

from operate import api_key, smoke_files, smoke_runs
from operate.deployment import Deployment, Result, on_deployment
from operate.failures import CommandError
from operate.smoke_round import Smoke, expect

FAILURES = (
    CommandError,
    UnderstudyError,
    openai.OpenAIError,
    ClientError,
    BotoCoreError,
    HTTPError,
)
"""What a step raises when the deployment does not do what it should; anything else is a bug."""

TENANT = "smoke"
TOOLS = ["get_table_schema"]

STEPS: dict[str, Callable[[Smoke], str]] = {
    "text": smoke_runs.text,
    "server-side tool": smoke_runs.server_tool,
    "client tool": smoke_runs.client_tool,
    "stream": smoke_runs.stream,
    "cancel": smoke_runs.cancel,
    "upload": smoke_files.upload,
    "link": smoke_files.link,
    "drop": smoke_files.drop,
    "transaction": smoke_files.transaction,
    "thread deletion": smoke_runs.thread_deletion,
}
"""Every step creates what it needs, so each runs alone and repeatedly."""


@dataclass(frozen=True)
class Row:
    """The outcome of a step."""

    step: str
    ok: bool
    seconds: float
    note: str


def smoke(deployment: Deployment, model: str, chosen: Sequence[str] = tuple(STEPS)) -> list[Row]:
    """Executes the steps with a new key, then removes everything; returns a row for each."""
    warnings.filterwarnings("ignore", "The Assistants API is deprecated", DeprecationWarning)
    services, mark = deployment.services, f"smoke-{secrets.token_hex(4)}"
    key = api_key.create(services, TENANT, mark, TOOLS)
    digest = digest_of(key)
    try:
        with openai.OpenAI(base_url=deployment.output("BaseUrl"), api_key=key) as client:
            state = Smoke(client, services, model, TENANT, mark)
            try:
                rows = [_row(name, partial(STEPS[name], state)) for name in chosen]
            finally:
                removed = _row("clean-up", partial(_clean_up, state))
            return [*rows, removed]
    finally:
        services.table.delete_many([keys.api_key(digest), keys.key_of_tenant(TENANT, digest)])


def _clean_up(state: Smoke) -> str:
    """Removes what the steps made; what cannot be removed does not keep the rest."""
    kept = []
    for remove in reversed(state.left):
        try:
            remove()
        except FAILURES as error:
            kept.append(f"{type(error).__name__}: {error}")
    expect(not kept, "; ".join(kept))
    return f"{len(state.left)} objects"


def _row(name: str, do: Callable[[], str]) -> Row:
    started = time.monotonic()
    try:
        ok, note = True, do()
    except FAILURES as error:
        ok, note = False, f"{type(error).__name__}: {error}"[:300]
    return Row(name, ok, round(time.monotonic() - started, 1), note)


def table_of(rows: Sequence[Row]) -> str:
    """Returns the rows as a table."""
    table = Table("step", "", "seconds", "what was seen")
    for row in rows:
        mark = "[green]ok[/]" if row.ok else "[red]FAILED[/]"
        table.add_row(row.step, mark, f"{row.seconds:.1f}", row.note)
    console = Console(file=io.StringIO(), width=120)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().rstrip()


@click.command()
@click.option("--model", default="gpt-4o", show_default=True)
@click.option("--step", "steps", multiple=True, type=click.Choice(list(STEPS)), help="Only this.")
@on_deployment
def command(deployment: Deployment, model: str, steps: tuple[str, ...]) -> Result:
    """Check that the deployment works: runs, tools, files, drops, deletion."""
    rows = smoke(deployment, model, steps or tuple(STEPS))
    failed = any(not row.ok for row in rows)
    return Result(table_of(rows), [asdict(row) for row in rows], exit_code=int(failed))
