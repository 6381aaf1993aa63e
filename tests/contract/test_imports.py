"""The import rule: functions → services → adapters → ports → domain, and no import back."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.conftest import ROOT

PACKAGE = ROOT / "layers" / "understudy" / "understudy"
VENDORS = {"boto3", "botocore", "openai"}

OPERATIONS = {"drops", "files", "runs", "threads"}
BELOW_OPERATIONS = {"adapters", "domain", "errors", "observability", "ports", "settings"}

MAY = {
    "errors": set(),
    "domain": {"domain", "errors"},
    "settings": set(),
    "ports": {"domain"},
    "observability": {"domain", "errors"},
    "tools": {"domain", "errors", "tools"},
    "adapters": {"adapters", "domain", "errors", "observability", "ports", "settings", "tools"},
    "runs": BELOW_OPERATIONS | {"files", "runs"},
    "threads": BELOW_OPERATIONS | {"files", "threads"},
    "files": BELOW_OPERATIONS | {"files"},
    "drops": BELOW_OPERATIONS | OPERATIONS,
    "services": BELOW_OPERATIONS | OPERATIONS,
    "tasks": {"runs", "services", "domain", "errors", "observability"},
    "streams": {"observability", "tasks"},
    "streaming": {"adapters", "domain", "errors", "observability", "streaming"},
    "http": {"files", "runs", "services", "domain", "errors", "http", "observability", "ports"},
}
"""What each part of the package may import of the package."""


def imported(path: Path, *, for_types: bool = True) -> Iterator[str]:
    """Yields the full names of the modules that a file imports.

    Without `for_types` the imports under `if TYPE_CHECKING` are left out.
    """
    tree = ast.parse(path.read_text())
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing_only and not for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield ("." * node.level) + (node.module or "")


def part_of(path: Path) -> str:
    """Returns the part of the package that a file belongs to."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


@pytest.mark.parametrize("part", sorted(MAY))
def test_each_part_imports_only_allowed_parts(part: str) -> None:
    """All arrows inside the package point the same way."""
    for path in PACKAGE.rglob("*.py"):
        if part_of(path) != part:
            continue
        ours = [name for name in imported(path) if name.startswith("understudy.")]
        wrong = [name for name in ours if name.split(".")[1] not in MAY[part]]
        assert wrong == [], path.relative_to(ROOT)


def test_every_part_has_a_rule() -> None:
    """A new module or folder of the package needs an entry in MAY."""
    parts = {part_of(path) for path in PACKAGE.rglob("*.py")} - {"__init__"}

    assert parts == MAY.keys()


def test_vendor_sdks_are_imported_by_adapters_only() -> None:
    """All other code uses AWS and OpenAI through adapters."""
    shipped = [*PACKAGE.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    for path in shipped:
        if PACKAGE / "adapters" in path.parents:
            continue
        assert not {name.split(".")[0] for name in imported(path)} & VENDORS, path


PACKAGED_WITH = {"stream_run": {"api"}}
"""Functions whose package has the code of another one (functions/Makefile)."""


def test_functions_know_the_package_and_themselves() -> None:
    """No function imports another, and none loads an adapter except through its services."""
    names = {path.name for path in (ROOT / "functions").iterdir() if path.is_dir()}
    for path in (ROOT / "functions").rglob("*.py"):
        own = PACKAGED_WITH.get(path.relative_to(ROOT / "functions").parts[0], set())
        for name in imported(path):
            assert name.split(".")[0] not in (names - own) | {"functions"}, path
        for name in imported(path, for_types=False):
            assert not name.startswith("understudy.adapters"), path


def test_shipped_code_imports_no_local_or_test_code() -> None:
    """The fakes and the tests stay on the developer's machine."""
    shipped = [*PACKAGE.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    for path in shipped:
        assert not {name.split(".")[0] for name in imported(path)} & {"local", "tests", "operate"}


def test_modules_have_at_most_250_lines() -> None:
    """A longer module usually has two ideas."""
    places = ("layers", "functions", "local", "operate", "bench")
    files = [path for place in places for path in ROOT.glob(f"{place}/**/*.py")]
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files}
    long = {path: count for path, count in lines.items() if count > 250}

    assert long == {}


def test_handlers_have_at_most_60_lines() -> None:
    """A longer app.py contains a rule that belongs elsewhere."""
    apps = (ROOT / "functions").glob("*/app.py")

    assert [str(p) for p in apps if len(p.read_text().splitlines()) > 60] == []
