"""The deployment under test: as it is, with one tool more that has to be approved."""

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
    """A stack with a tool of its own that has to be approved.

    Nothing is scaled: the clock is driven past every wait.
    """
    return StackOptions(
        api_key="us-test-key-of-the-faults",
        tenant=TENANT,
        timeout_factor=TIMEOUT_FACTOR,
        parameters=PARAMETERS,
        template=make_project(folder),
    )
