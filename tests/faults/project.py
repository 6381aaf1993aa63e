"""The deployment under test: the real one, with an additional tool that needs approval."""

from pathlib import Path

from local.stack import StackOptions
from tests.limits import TIMEOUT_FACTOR
from tests.own_tools.project import PARAMETERS, make_project

TENANT = "local"
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "parameters": {"type": "object", "properties": {"table": {"type": "string"}}},
        },
    }
    for name in ("get_table_schema", "book_meeting", "send_invoice")
]


def options(folder: Path) -> StackOptions:
    """Returns the options of a stack with an additional tool that needs approval.

    Waits are not scaled: the driver skips them.
    """
    return StackOptions(
        api_key="us-test-key-of-the-faults",
        tenant=TENANT,
        timeout_factor=TIMEOUT_FACTOR,
        parameters=PARAMETERS,
        template=make_project(folder),
    )
