"""Answering a question about a database with two tools: one describes tables, one runs SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from local.provider.brain import sql
from local.provider.brain.catalog import Catalog, Table, read_tables
from local.provider.brain.intent import Dimension, Intent, about_data, follows_up, read_intent
from local.provider.brain.notebook import Notebook, ToolRefusedError
from local.provider.brain.outputs import Row, error_of, shown
from local.provider.brain.periods import (
    Period,
    asks_neighbour,
    dates_in,
    needs_reference,
    neighbour,
    parse_period,
    today_in,
)
from local.provider.brain.prompt import Function, Prompt
from local.provider.brain.words import NUMBER_WORDS

_NUMBER_NAMES = {number: word for word, number in NUMBER_WORDS.items()}
_LISTED = re.compile(r"\btables?\b[^:.\n]{0,40}?(?::|\bare\b|\bis\b|\()\s*([\w`\"', ]+)", re.I)
_NOT_TABLES = {"and", "or", "the", "a", "of", "in", "to", "table", "tables", "one"}
_RUNNERS_UP = 3


@dataclass(frozen=True)
class DatabaseTools:
    """The two functions, and the parameters that matter."""

    describe: Function
    table_parameter: str
    query: Function
    sql_parameter: str

    def table_names(self, guidance: str) -> list[str]:
        """The tables there are: an enum, or a list in a description or in the instructions."""
        schema = self.describe.properties[self.table_parameter]
        if schema.get("enum"):
            return [str(name) for name in schema["enum"]]
        texts = (
            str(schema.get("description") or ""),
            self.describe.description,
            self.query.description,
            guidance,
        )
        for text in texts:
            if (match := _LISTED.search(text)) is not None:
                names = re.findall(r"[a-z_]\w*", match.group(1))
                if found := [name for name in names if name not in _NOT_TABLES]:
                    return found
        return []


def database_tools(prompt: Prompt) -> DatabaseTools | None:
    """The pair of tools, known by their parameters, if both are declared."""
    describe = next(
        ((f, p) for f in prompt.functions for p in f.properties if p in {"table", "table_name"}),
        None,
    )
    query = next(
        (
            (f, p)
            for f in prompt.functions
            for p in f.properties
            if p in {"sql", "query", "statement"}
            and "sql" in f"{p} {f.description} {f.name}".lower()
        ),
        None,
    )
    return DatabaseTools(*describe, *query) if describe and query else None


def analyse(prompt: Prompt) -> str | None:
    """The answer, None if the question is not about the data. Raises `ToolsNeeded` on the way."""
    tools = database_tools(prompt)
    if tools is None:
        return None
    names = tools.table_names(prompt.guidance)
    question = _whole_question(prompt, names)
    if question is None:
        return None
    return _Analyst(prompt, tools, names, question).answer()


def _whole_question(prompt: Prompt, names: list[str]) -> str | None:
    if not follows_up(prompt.question):
        return prompt.question if about_data(prompt.question, names) else None
    earlier = [text for text in prompt.user_texts[:-1] if not follows_up(text)]
    found = next((text for text in reversed(earlier) if about_data(text, names)), None)
    if found is None and asks_neighbour(prompt.question):
        return ""
    return found


class _Analyst:
    """One question worked through, from schemas to a sentence."""

    def __init__(
        self, prompt: Prompt, tools: DatabaseTools, names: list[str], question: str
    ) -> None:
        self._prompt = prompt
        self._tools = tools
        self._names = names
        self._question = question
        self._notes = Notebook(prompt)

    def answer(self) -> str:
        if not self._question:
            return "Before which one? Nothing earlier in this conversation says."
        try:
            return self._answer()
        except ToolRefusedError as error:
            return f"I could not answer that: {self._tools.query.name} reported: {error}"
        except sql.NoSuchDataError as error:
            return f"I could not answer that from the tables: {error}."

    def _answer(self) -> str:
        catalog, refused = self._catalog()
        fact = catalog.fact_table()
        if fact is None:
            return f"I could not answer that: {self._tools.describe.name} reported: {refused}"
        period = self._period(catalog, fact)
        intent = read_intent(self._question, catalog)
        when = f" in {period.label} ({period.span})" if period else ""
        if intent.counted is not None:
            rows = self._rows(sql.count_rows(intent.counted, period))
            dated = when if intent.counted.date_column else ""
            return f"There are {_total(rows)} {intent.counted.name}{dated}."
        if intent.main is None:
            rows = self._rows(sql.total(catalog, fact, intent.measure, period))
            return f"The {_measure_name(intent)}{when} is {_total(rows)}."
        return self._ranked(catalog, fact, intent, intent.main, period, when)

    def _ranked(
        self,
        catalog: Catalog,
        fact: Table,
        intent: Intent,
        main: Dimension,
        period: Period | None,
        when: str,
    ) -> str:
        limit = max(main.count, _RUNNERS_UP)
        rows = self._rows(
            sql.ranking(
                catalog, fact, intent.measure, main, period, limit=limit, least=intent.least
            )
        )
        if not rows:
            return f"There are no rows{when}."
        text = _winners(rows, main, intent, when)
        if intent.parts is None:
            return text
        winner = str(_label(rows[0]))
        statement = sql.ranking(
            catalog,
            fact,
            intent.measure,
            intent.parts,
            period,
            limit=intent.parts.count,
            only=(main, winner),
        )
        try:
            return f"{text} {_drivers(self._rows(statement), intent.parts, winner)}"
        except ToolRefusedError as error:
            name = self._tools.query.name
            return f"{text} I could not find the {intent.parts.word}s: {name} reported: {error}"

    def _catalog(self) -> tuple[Catalog, str]:
        parameter = self._tools.table_parameter
        asked = [{parameter: name} for name in self._names] or [{}]
        catalog, refused = Catalog(), "it has no tables"
        for arguments, output in self._notes.outputs(self._tools.describe, asked):
            if (error := error_of(output)) is not None:
                refused = error
                continue
            for table in read_tables(output, arguments.get(parameter)):
                catalog.add(table)
        return catalog, refused

    def _period(self, catalog: Catalog, fact: Table) -> Period | None:
        asked = self._prompt.question
        answered = self._answered_period()
        if (moved := neighbour(asked, answered)) is not None:
            return moved
        texts = [asked, self._question]
        today = today_in(self._prompt.guidance)
        newest = catalog.newest
        if today is None and newest is None and any(needs_reference(text) for text in texts):
            newest = self._newest(fact)
        return next((p for text in texts if (p := parse_period(text, newest, today))), None)

    def _newest(self, fact: Table) -> date | None:
        rows = self._rows(sql.newest_date(fact))
        return max((day for row in rows for day in dates_in(str(row))), default=None)

    def _answered_period(self) -> Period | None:
        for text in reversed(self._prompt.assistant_texts):
            if (period := parse_period(text, None)) is not None:
                return period
        return None

    def _rows(self, statement: str) -> list[Row]:
        return self._notes.rows(self._tools.query, self._tools.sql_parameter, statement)


def _winners(rows: list[Row], main: Dimension, intent: Intent, when: str) -> str:
    extreme = "least" if intent.least else "most"
    verb = {"units": f"sold {extreme} units", "average": f"has the {extreme} per sale"}.get(
        intent.measure, f"sold {extreme}"
    )
    if main.count > 1:
        listed = ", ".join(f"{_label(row)} ({shown(_value(row))})" for row in rows[: main.count])
        return f"The {_counted(main, rows)} that sold {extreme}{when}: {listed}."
    first, others = rows[0], rows[1:]
    behind = " and ".join(f"{_label(row)} with {shown(_value(row))}" for row in others[:2])
    ahead = f", {'below' if intent.least else 'ahead of'} {behind}" if behind else ""
    return f"{_label(first)} is the {main.word} that {verb}{when}: {shown(_value(first))}{ahead}."


def _drivers(rows: list[Row], parts: Dimension, winner: str) -> str:
    if not rows:
        return f"No {parts.word} is recorded for {winner}."
    listed = ", ".join(f"{_label(row)} ({shown(_value(row))})" for row in rows)
    return f"The {_counted(parts, rows)} that drove {winner}: {listed}."


def _counted(dimension: Dimension, rows: list[Row]) -> str:
    number = min(dimension.count, len(rows))
    word = dimension.word if number == 1 else f"{dimension.word}s"
    return word if number == 1 else f"{_NUMBER_NAMES.get(number, number)} {word}"


def _measure_name(intent: Intent) -> str:
    return {"units": "number of units sold", "average": "average sale"}.get(
        intent.measure, "total of sales"
    )


def _label(row: Row) -> object:
    return next(iter(row.values()))


def _value(row: Row) -> object:
    return list(row.values())[-1]


def _total(rows: list[Row]) -> str:
    return shown(_value(rows[0])) if rows and _value(rows[0]) is not None else "0"
