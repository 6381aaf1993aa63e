"""Reports files and vector stores at the provider that nothing needs, and removes them on request.

    python -m operate.orphans --stack understudy
    python -m operate.orphans --stack understudy --remove
    python -m operate.orphans --stack understudy --remove-unused

A function of the deployment does the work, because it has the provider's key. A file younger than
an hour is never an orphan. The provider's account must be this deployment's alone: files of another
program look like orphans.
"""

import argparse
import json
import os
import sys
from typing import Any

import boto3
from botocore.config import Config
from understudy.domain.orphans import Orphans

from operate.deployment import outputs_of

FUNCTION_SECONDS = 300
"""The function's timeout in the template."""


class OrphansError(Exception):
    """The function failed; the text is its error message."""


def find_orphans(function: str, *, remove: bool, remove_unused: bool = False) -> Orphans:
    """Invokes the deployed function and returns its result. Raises OrphansError."""
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
    done = "They are removed." if found.removed else "Nothing was changed; REMOVE=1 removes them."
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


def main(arguments: list[str]) -> int:
    """Returns the exit code: 0, or 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="python -m operate.orphans")
    parser.add_argument("--remove", action="store_true", help="remove orphans and expired files")
    parser.add_argument(
        "--remove-unused", action="store_true", help="remove files that nothing uses"
    )
    parser.add_argument(
        "--function", default=os.environ.get("SWEEP_FILES_FUNCTION", ""), help="its name"
    )
    parser.add_argument("--stack", default="understudy", help="name of the CloudFormation stack")
    given = parser.parse_args(arguments)
    function = given.function or outputs_of(given.stack)["SweepFilesFunctionName"]
    try:
        found = find_orphans(function, remove=given.remove, remove_unused=given.remove_unused)
        print(report(found))
    except OrphansError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
