"""Imports the libraries that the functions' code imports, before workers are forked.

Only libraries: each worker imports the functions' own modules, as a cold start does.
"""

import importlib
import re
from collections.abc import Iterable
from pathlib import Path

_ALWAYS = ("boto3", "botocore.session", "botocore.config", "botocore.httpsession")
_IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+([A-Za-z_][\w.]*)", re.MULTILINE)
"""Finds the imported modules thirty times faster than `ast`; a line of text that looks like an
import names a module that does not exist, or one that is loaded early without harm."""


def load(folders: Iterable[str]) -> None:
    """Import the libraries that sources below the folders name.

    A module that no layer has is skipped: the worker that imports it gets the error.
    """
    folders = list(folders)
    own = {path.stem for folder in folders for path in Path(folder).iterdir()}
    sources = [source for folder in folders for source in Path(folder).rglob("*.py")]
    named = {
        name
        for source in sources
        for name in _IMPORT.findall(source.read_text(encoding="utf-8", errors="ignore"))
    }
    for module in sorted({*_ALWAYS, *named}):
        if module.partition(".")[0] not in own:
            try:
                importlib.import_module(module)
            except ImportError:
                continue
