"""Tables of rich as text."""

import sys
from io import StringIO

from rich.console import Console
from rich.table import Table


def rendered(table: Table) -> str:
    """Returns the table as text, with colours if standard output is a terminal."""
    out = StringIO()
    is_terminal = sys.stdout.isatty()
    width = None if is_terminal else 140
    Console(file=out, force_terminal=is_terminal, width=width, highlight=False).print(table)
    return out.getvalue().rstrip("\n")
