"""Loads the libraries that the code of the functions imports, before workers are forked.

Only libraries: the functions' own modules are loaded in each worker, as in a cold start.
"""

import ast
import importlib
from collections.abc import Iterable, Iterator
from pathlib import Path

_ALWAYS = ("boto3", "botocore.session", "botocore.config", "botocore.httpsession")


def load(folders: Iterable[str]) -> None:
    """Read the sources below the folders and import the libraries that they name.

    What a layer does not bring is passed over, and so is what cannot be read: the worker that
    comes to it gets the error.
    """
    own = {path.stem for folder in folders for path in Path(folder).iterdir()}
    sources = [source for folder in folders for source in Path(folder).rglob("*.py")]
    named = {name for source in sources for name in _imported(source)}
    for module in sorted({*_ALWAYS, *named}):
        if module.partition(".")[0] not in own:
            try:
                importlib.import_module(module)
            except ImportError:
                continue


def _imported(source: Path) -> Iterator[str]:
    try:
        tree = ast.parse(source.read_bytes())
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
