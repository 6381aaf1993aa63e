"""The map from the source's ids to the deployment's, kept in a file while objects are copied."""

import json
import os
from pathlib import Path
from typing import Literal

Kind = Literal["file", "vector_store", "assistant", "thread"]


class IdMap:
    """What has been copied. A line is on the disk before the next object is copied.

    The file is newline-delimited JSON with `kind`, `from` and `to`. A line that was cut off by a
    crash is ignored; its object is copied again under the same id.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ids: dict[tuple[Kind, str], str] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text() if path.exists() else ""
        whole = text[: text.rfind("\n") + 1]
        for line in whole.splitlines():
            entry = json.loads(line)
            self._ids[entry["kind"], entry["from"]] = entry["to"]
        if whole != text:
            path.write_text(whole)

    def get(self, kind: Kind, old: str) -> str | None:
        """Returns the new id; None for an object that has not been copied."""
        return self._ids.get((kind, old))

    def add(self, kind: Kind, old: str, new: str) -> None:
        """Records that an object has been copied."""
        with self.path.open("a") as file:
            file.write(json.dumps({"kind": kind, "from": old, "to": new}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._ids[kind, old] = new

    def count(self, kind: Kind) -> int:
        return sum(each == kind for each, _ in self._ids)
