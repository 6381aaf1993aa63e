"""The lock files: one version of each package, hashes, no registry's address."""

import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.contract.conftest import ROOT

LAYER_LOCKS = sorted((ROOT / "layers").glob("*/requirements.lock"))
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
ONE_ENVIRONMENT = [*LAYER_LOCKS, ROOT / "requirements/demo.lock", ROOT / "requirements/dev.lock"]
ENTRY = re.compile(r"^([a-z0-9-]+)==([^ ]+)", re.MULTILINE)
GROUPS: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text())[
    "dependency-groups"
]


def pinned(lock: Path) -> list[tuple[str, str]]:
    """Name and version of each package in a lock."""
    return ENTRY.findall(lock.read_text())


def test_a_package_has_one_version() -> None:
    """In the layers, the demo, the tests and CI."""
    versions = defaultdict(set)
    for lock in ONE_ENVIRONMENT:
        for name, version in pinned(lock):
            versions[name].add(version)

    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("layer", LAYER_LOCKS, ids=lambda path: path.parent.name)
def test_the_demo_installs_what_the_layers_ship(layer: Path) -> None:
    """Functions run locally with the packages that they run with on AWS."""
    assert set(pinned(layer)) <= set(pinned(ROOT / "requirements/demo.lock"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_entry_has_hashes_and_no_address(lock: Path) -> None:
    """The user's own configuration decides which registry is asked."""
    text = lock.read_text()
    entries = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]

    assert len(entries) == len(pinned(lock)) > 0
    assert [entry.split("==")[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "index" not in "".join(line for line in text.splitlines() if line.startswith("--"))


@pytest.mark.parametrize("group", GROUPS)
def test_the_locks_have_the_pinned_versions(group: str) -> None:
    """`make lock` was run after the last change of pyproject.toml."""
    lock = dict(pinned(ROOT / f"requirements/{group}.lock"))
    asked = [Requirement(line) for line in GROUPS[group]]
    demo = dict(pinned(ROOT / "requirements/demo.lock")) if group == "dev" else {}

    for each in asked:
        version = str(each.specifier).removeprefix("==")
        assert {**demo, **lock}[canonicalize_name(each.name)] == version
