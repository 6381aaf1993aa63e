"""`understudy orphans`: finds files and vector stores at the provider that nothing refers to.

    understudy orphans
    understudy orphans --remove
    understudy orphans --remove-unused

A function of the deployment does the work, because it has the provider's key. Files younger than an
hour are not counted. Use it only if the provider's account belongs to this deployment alone: files
of another program look like orphans too.
"""

import json
from typing import Any

import boto3
import click
from botocore.config import Config
from understudy.domain.orphans import Orphans

from operate.deployment import Deployment, Result, on_deployment
from operate.failures import CommandError

FUNCTION_SECONDS = 300
"""The function's timeout in the template."""


class OrphansError(CommandError):
    """The function failed; the text is its error message."""


def find_orphans(function: str, *, remove: bool, remove_unused: bool = False) -> Orphans:
    """Returns what the function finds, and removes, if told to. Raises OrphansError."""
    config = Config(read_timeout=FUNCTION_SECONDS + 5, retries={"total_max_attempts": 1})
    request = {"remove": remove, "remove_unused": remove_unused}
    response: Any = boto3.client("lambda", config=config).invoke(
        FunctionName=function, Payload=json.dumps(request)
    )
    payload = json.load(response["Payload"])
    if "FunctionError" in response:
        raise OrphansError(str(payload.get("errorMessage", payload)))
    return Orphans.model_validate(payload)


def report(found: Orphans) -> str:
    """Returns what was found, what it costs, and what was removed."""
    done = "They are removed." if found.removed else "Nothing was changed; --remove removes them."
    kept = "removed" if found.removed_unused else "kept; --remove-unused removes them"
    is_clean = not (found.files or found.vector_stores or found.expired)
    unused = f"{found.unused_bytes:,} bytes, {kept}"
    stores = f"{found.vector_store_bytes:,} bytes, {found.monthly_usd:.2f} USD a month"
    return "\n".join(
        [
            f"files without an owner          {found.files:6}   {found.file_bytes:,} bytes",
            f"vector stores without an owner  {found.vector_stores:6}   {stores}",
            f"expired files                   {found.expired:6}",
            "There are no orphans." if is_clean else done,
            f"files unused for 30 days        {found.unused:6}   {unused}",
        ]
    )


@click.command()
@click.option("--remove", is_flag=True, help="Remove orphans and expired files.")
@click.option("--remove-unused", is_flag=True, help="Remove files that nothing uses.")
@on_deployment
def command(deployment: Deployment, remove: bool, remove_unused: bool) -> Result:
    """Find files and vector stores at the provider that nothing refers to."""
    function = deployment.output("SweepFilesFunctionName")
    found = find_orphans(function, remove=remove, remove_unused=remove_unused)
    return Result(report(found), found.model_dump())
