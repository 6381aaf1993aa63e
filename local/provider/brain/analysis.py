"""Answering a question about a database with two tools: one describes tables, one runs SQL."""

from __future__ import annotations

from datetime import date

from local.provider.brain import phrases, sql
from local.provider.brain.catalog import Catalog, Table, read_tables
from local.provider.brain.database import DatabaseTools, database_tools, listed_tables
from local.provider.brain.intent import Dimension, Intent, about_data, follows_up, read_intent
from local.provider.brain.notebook import Notebook, ToolRefusedError
from local.provider.brain.outputs import Row, error_of
from local.provider.brain.periods import (
    Period,
    asks_neighbour,
    dates_in,
    needs_reference,
    neighbour,
    parse_period,
    today_in,
)
from local.provider.brain.prompt import Prompt

_RUNNERS_UP = 3


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
            return f"There are {phrases.total(rows)} {intent.counted.name}{dated}."
        if intent.main is None:
            rows = self._rows(sql.total(catalog, fact, intent.measure, period))
            return f"The {phrases.measure_name(intent)}{when} is {phrases.total(rows)}."
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
        text = phrases.winners(rows, main, intent, when)
        if intent.parts is None:
            return text
        winner = str(phrases.label(rows[0]))
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
            return f"{text} {phrases.drivers(self._rows(statement), intent.parts, winner)}"
        except ToolRefusedError as error:
            name = self._tools.query.name
            return f"{text} I could not find the {intent.parts.word}s: {name} reported: {error}"

    def _catalog(self) -> tuple[Catalog, str]:
        catalog, refused = self._described(self._names)
        if not catalog.tables and (named := listed_tables(refused)):
            return self._described(named)
        return catalog, refused

    def _described(self, names: list[str]) -> tuple[Catalog, str]:
        parameter = self._tools.table_parameter
        asked = [{parameter: name} for name in names] or [{}]
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
