"""The console's files: vendored ones are unchanged, own modules are small, and all are served."""

import hashlib
import re

import pytest

from functions.api.static_files import FOLDER, static_file, version
from tests.contract.conftest import ROOT

VENDORED = re.compile(r"^\| `(vendor-\S+)` \|.*\| `([0-9a-f]{64})` \|$", re.MULTILINE)
MODULES = sorted(path for path in FOLDER.glob("*.js") if not path.name.startswith("vendor-"))
MAX_LINES = 250
IMPORTED = re.compile(r'(?:from|import)\s*\(?"\./([^"]+)"')


def test_vendored_files_have_the_recorded_hashes() -> None:
    """Each vendored script is listed with its package and licence."""
    listed = dict(VENDORED.findall((FOLDER / "vendor.md").read_text()))

    assert listed == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FOLDER.glob("vendor-*.js")
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_modules_are_small_and_import_what_exists(path) -> None:  # type: ignore[no-untyped-def]
    text = path.read_text()

    assert len(text.splitlines()) <= MAX_LINES
    assert [name for name in IMPORTED.findall(text) if static_file(name) is None] == []
    assert "eval(" not in text


@pytest.mark.parametrize("name", ["index.html", "docs.html"])
def test_pages_have_no_inline_script_and_no_other_host(name: str) -> None:
    """Every address is relative and has the version."""
    page = static_file(name)
    assert page is not None
    text = page.body.decode()

    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert re.findall(r"https?://", text) == []
    assert f"console/{version()}/" in text


def test_only_files_for_browsers_are_served() -> None:
    assert static_file("vendor.md") is None
    assert static_file("../app.py") is None


def test_console_is_described() -> None:
    """The page of the documentation shows its pictures."""
    text = (ROOT / "docs" / "console.md").read_text()

    assert all((ROOT / "docs" / name).exists() for name in re.findall(r"console-\w+\.png", text))
