"""Finds what a column of the query refers to: its size, and whether it exists at all."""

from understudy.tools.sql_guard import sizes
from understudy.tools.sql_guard.frames import Analysis, Frames, find_source
from understudy.tools.sql_guard.functions import ROW_FUNCTIONS, WHOLE_ROW_FUNCTIONS
from understudy.tools.sql_guard.query import Node, Query, kind_of
from understudy.tools.sql_guard.relations import Relation
from understudy.tools.sql_guard.sizes import STORED, Size


class Columns:
    """Looks up columns of one query and records those that must not be used."""

    def __init__(self, query: Query, found: Analysis) -> None:
        self.query = query
        self.found = found
        self.checks_names = query.dialect == "postgres"

    def starred(self, node: Node, frames: Frames) -> list[Relation]:
        if kind_of(node) == "Star":
            return list(frames[0].sources.values())
        relation = find_source(self.query.fold(node.args["table"]), frames)
        if relation is None:
            self._refuse_unknown(node.text("table"))
        return [relation] if relation else []

    def size(self, node: Node, frames: Frames) -> Size:
        if kind_of(node.this) == "Star":
            self.found.whole_rows.append(node.text("table"))
            return STORED
        name = self.query.fold(node.this)
        qualifier = node.args.get("table")
        if qualifier is None:
            return self._unqualified(node, name, frames)
        relation = find_source(self.query.fold(qualifier), frames)
        if relation is None:
            self._refuse_unknown(node.name)
            return STORED
        size = relation.by_name.get(name)
        if size is not None:
            return size
        if not relation.is_open or name in ROW_FUNCTIONS:
            self._refuse_unknown(node.name)
        return relation.largest

    def _refuse_unknown(self, name: str) -> None:
        if self.checks_names:
            self.found.unknown_columns.append(name)

    def _unqualified(self, node: Node, name: str, frames: Frames) -> Size:
        """Looks up a column by its name alone, in the innermost SELECT first, then among
        outputs."""
        found: Size | None = None
        for level, frame in enumerate(frames):
            for relation in frame.sources.values():
                size = relation.by_name.get(name)
                if size is None and relation.has_unnamed and not self.checks_names:
                    size = relation.largest
                if size is not None:
                    found = sizes.widest(found, size) if found else size
            if level == 0 and name in frame.outputs:
                size = frame.outputs[name]
                found = sizes.widest(found, size) if found else size
                if kind_of(node.parent) not in {"Ordered", "Group"} and found is size:
                    found = sizes.widest(size, STORED)
            if found is not None:
                return found
        row = find_source(name, frames) if self.checks_names else None
        if row is None:
            return STORED
        if row.own_table or _caller(node) not in WHOLE_ROW_FUNCTIONS:
            self.found.whole_rows.append(name)
        return sizes.as_json([size for _, size in row.columns] or [row.largest])


def _caller(node: Node) -> str:
    """Returns the function whose argument the expression is, None without one."""
    parent = node.parent
    while kind_of(parent) in {"Distinct", "Order"}:
        parent = parent.parent
    return str(parent.this).lower() if kind_of(parent) == "Anonymous" else ""
