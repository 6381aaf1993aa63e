"""What lies at the model's provider and belongs to nobody: found, and removed when told to.

    python -m operate.orphans --stack understudy
    python -m operate.orphans --stack understudy --remove

A function of the deployment does the work, because it has the provider's key. Younger than an hour
nothing counts as an orphan. The provider's account must be this deployment's alone: what another
program keeps there looks like an orphan too.
"""

import argparse
import json
import os
import sys
from typing import Any

import boto3
from botocore.config import Config
from understudy.files.orphans import Orphans

from operate.deployment import outputs_of

FUNCTION_SECONDS = 300
"""How long the function may take, by the template."""


class OrphansError(Exception):
    """The function failed; the text is what it says."""


def find_orphans(function: str, *, remove: bool) -> Orphans:
    """Has the deployed function look, and remove what it finds if told so. Raises OrphansError."""
    config = Config(read_timeout=FUNCTION_SECONDS + 5, retries={"total_max_attempts": 1})
    answered: Any = boto3.client("lambda", config=config).invoke(
        FunctionName=function, Payload=json.dumps({"remove": remove})
    )
    payload = json.load(answered["Payload"])
    if "FunctionError" in answered:
        raise OrphansError(str(payload.get("errorMessage", payload)))
    return Orphans.model_validate(payload)


def report(found: Orphans) -> str:
    """What was found, what it costs, and what became of it."""
    done = "They are removed." if found.removed else "Nothing was changed; REMOVE=1 removes them."
    stores = f"{found.vector_store_bytes:,} bytes, {found.monthly_usd:.2f} USD a month"
    return "\n".join(
        [
            f"files of nobody          {found.files:6}   {found.file_bytes:,} bytes",
            f"vector stores of nobody  {found.vector_stores:6}   {stores}",
            f"files past their time    {found.expired:6}",
            done if found.files or found.vector_stores or found.expired else "All is in order.",
        ]
    )


def main(arguments: list[str]) -> int:
    """0, or 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="python -m operate.orphans")
    parser.add_argument("--remove", action="store_true", help="remove what is found")
    parser.add_argument(
        "--function", default=os.environ.get("SWEEP_FILES_FUNCTION", ""), help="its name"
    )
    parser.add_argument("--stack", default="understudy", help="name of the CloudFormation stack")
    given = parser.parse_args(arguments)
    function = given.function or outputs_of(given.stack)["SweepFilesFunctionName"]
    try:
        print(report(find_orphans(function, remove=given.remove)))
    except OrphansError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
