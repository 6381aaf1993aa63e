"""Restricts a process to the imports that its function has in Lambda, and preloads libraries."""

import importlib
import importlib.abc
import importlib.metadata
import re
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from pathlib import Path
from types import ModuleType

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_RUNTIME_HAS = ("boto3",)
"""https://docs.aws.amazon.com/lambda/latest/dg/python-package.html"""
_IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+([A-Za-z_][\w.]*)", re.MULTILINE)
"""Finds imported modules thirty times faster than `ast`. A line of text that looks like an import
names a module that does not exist, or one that is imported early without harm."""
_ALWAYS_LOADED = ("boto3", "botocore.session", "botocore.config", "botocore.httpsession")


def restrict(task_root: str, layers: Sequence[str]) -> None:
    """Makes only the code folder, the layers and the runtime's own packages importable."""
    wanted = [line for layer in layers for line in _requirements(Path(layer))]
    wanted += _RUNTIME_HAS
    owners = importlib.metadata.packages_distributions()
    allowed = _closure(wanted)
    forbidden = {
        module
        for module, distributions in owners.items()
        if not {canonicalize_name(name) for name in distributions} & allowed
    }
    # A package of a layer may also be installed, as editable.
    own_names = {held.parent.name for layer in layers for held in Path(layer).glob("*/__init__.py")}
    forbidden -= own_names
    sys.path[:] = [task_root, *own_packages(layers), *_interpreter_paths()]
    # The standard finders, without those of editable packages.
    sys.meta_path[:] = [_Refusal(forbidden), BuiltinImporter, FrozenImporter, PathFinder]
    for name in list(sys.modules):
        if name.partition(".")[0] in forbidden:
            del sys.modules[name]


class _Refusal(importlib.abc.MetaPathFinder):
    """Raises ModuleNotFoundError for top-level modules, as if they were not installed."""

    def __init__(self, forbidden: set[str]) -> None:
        self._forbidden = forbidden

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        if fullname.partition(".")[0] in self._forbidden:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def _requirements(layer: Path) -> list[str]:
    listed = layer / "requirements.txt"
    if not listed.exists():
        return []
    lines = (line.partition("#")[0].strip() for line in listed.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("-")]


def _closure(wanted: Iterable[str]) -> set[str]:
    """Returns the distributions that the requirements need, directly and indirectly."""
    found: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    queue = [Requirement(line) for line in wanted]
    while queue:
        requirement = queue.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        found.add(name)
        queue += _needed_by(name, extras)
    return found


def _needed_by(name: str, extras: frozenset[str]) -> list[Requirement]:
    try:
        needed = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    requirements = [Requirement(line) for line in needed]
    return [
        requirement
        for requirement in requirements
        if requirement.marker is None
        or any(requirement.marker.evaluate({"extra": extra}) for extra in {"", *extras})
    ]


def own_packages(layers: Sequence[str]) -> list[str]:
    """Returns the layers that contain Python packages."""
    return [layer for layer in layers if any(Path(layer).glob("*/__init__.py"))]


def _interpreter_paths() -> list[str]:
    roots = (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)
    return [path for path in sys.path if path.startswith(roots)]


def preload(folders: Iterable[str]) -> None:
    """Imports the libraries that the code in the folders names, before workers are forked.

    The functions' own modules are loaded in each worker, as in a cold start. Libraries that cannot
    be imported are skipped: the worker that needs them fails.
    """
    folders = list(folders)
    own = {path.stem for folder in folders for path in Path(folder).iterdir()}
    sources = [source for folder in folders for source in Path(folder).rglob("*.py")]
    named = {
        name
        for source in sources
        for name in _IMPORT.findall(source.read_text(encoding="utf-8", errors="ignore"))
    }
    for module in sorted({*_ALWAYS_LOADED, *named}):
        if module.partition(".")[0] not in own:
            try:
                importlib.import_module(module)
            except ImportError:
                continue
