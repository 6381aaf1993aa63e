"""`understudy orphans`: finds files and vector stores at the provider that nothing refers to.

    understudy orphans
    understudy orphans --remove

A function of the deployment does the work, because it has the provider's key. Files younger than an
hour are not counted. Use it only if the provider's account belongs to this deployment alone: files
of another program look like orphans too.
"""

import json
from typing import Any

import boto3
import click
from botocore.config import Config
from understudy.files.orphans import Orphans

from operate.deployment import Deployment, Result, on_deployment
from operate.failures import CommandError

FUNCTION_SECONDS = 300
"""The function's timeout in the template."""


class OrphansError(CommandError):
    """The function failed; the text is its error message."""


def find_orphans(function: str, *, remove: bool) -> Orphans:
    """Returns what the function finds, and removes, if `remove`. Raises OrphansError."""
    config = Config(read_timeout=FUNCTION_SECONDS + 5, retries={"total_max_attempts": 1})
    answered: Any = boto3.client("lambda", config=config).invoke(
        FunctionName=function, Payload=json.dumps({"remove": remove})
    )
    payload = json.load(answered["Payload"])
    if "FunctionError" in answered:
        raise OrphansError(str(payload.get("errorMessage", payload)))
    return Orphans.model_validate(payload)


def report(found: Orphans) -> str:
    """Returns what was found, what it costs, and whether it was removed."""
    done = "They are removed." if found.removed else "Nothing was changed; --remove removes them."
    stores = f"{found.vector_store_bytes:,} bytes, {found.monthly_usd:.2f} USD a month"
    return "\n".join(
        [
            f"unused files          {found.files:6}   {found.file_bytes:,} bytes",
            f"unused vector stores  {found.vector_stores:6}   {stores}",
            f"expired files         {found.expired:6}",
            done if found.files or found.vector_stores or found.expired else "Nothing to remove.",
        ]
    )


@click.command()
@click.option("--remove", is_flag=True, help="Remove what is found.")
@on_deployment
def command(deployment: Deployment, remove: bool) -> Result:
    """Find files and vector stores at the provider that nothing refers to."""
    found = find_orphans(deployment.output("SweepFilesFunctionName"), remove=remove)
    return Result(report(found), found.model_dump())
