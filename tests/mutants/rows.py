"""The rows of the table, and how a row changes a file."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent
PAGE = ROOT / "docs" / "reliability.md"

AREAS = (
    "Authorisation",
    "Ownership",
    "Budgets",
    "SQL guard",
    "Idempotency",
    "Wake-ups",
)
"""What has rows besides the guarantees of docs/reliability.md."""

_GUARANTEE = re.compile(r"^\*\*([^*]+?)\.?\*\*", re.MULTILINE)
_SECTIONS = ("Guarantees", "What can happen twice")


class DoesNotApplyError(Exception):
    """The code has changed, so the row has to be changed too."""


@dataclass(frozen=True)
class Mutant:
    """One mistake: `old` becomes `new` in `file`, and then `test` fails.

    `old` occurs once in the file, or once after the text `after`. `ids` are the ids of requests
    whose owner check the mistake breaks.
    """

    name: str
    guarantee: str
    mistake: str
    file: str
    old: str
    new: str
    test: str
    after: str = ""
    ids: tuple[str, ...] = ()

    def applied(self, text: str) -> str:
        """Returns the file's text with the mistake. Raises DoesNotApplyError."""
        before, anchor, rest = text.partition(self.after) if self.after else ("", "", text)
        if self.after and not anchor:
            raise DoesNotApplyError(f"{self.file} has no {self.after!r}")
        found = rest.count(self.old)
        if not found or (found > 1 and not self.after):
            raise DoesNotApplyError(f"{self.file} has {found} times: {self.old}")
        return before + anchor + rest.replace(self.old, self.new, 1)


def all_mutants() -> list[Mutant]:
    """Returns all rows, in the order of the files. Raises ValueError for a name in two files."""
    rows: dict[str, Mutant] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        for name, fields in tomllib.loads(path.read_text()).items():
            if name in rows:
                raise ValueError(f"two rows are called {name}")
            rows[name] = _row(name, fields)
    return list(rows.values())


def guarantees() -> list[str]:
    """Returns the guarantees of docs/reliability.md: the sentences that begin its paragraphs."""
    sections = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    wanted = [section for section in sections if section.partition("\n")[0] in _SECTIONS]
    return [name for section in wanted for name in _GUARANTEE.findall(section)]


def _row(name: str, fields: Mapping[str, object]) -> Mutant:
    texts = {key: value for key, value in fields.items() if isinstance(value, str)}
    ids = fields.get("ids", [])
    assert isinstance(ids, list)
    return Mutant(name=name, **texts, ids=tuple(ids))
