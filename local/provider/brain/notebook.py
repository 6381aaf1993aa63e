"""The model's notes while it works with tools: what was asked so far, and what came back.

A skill is written as if tools answered at once. When an output is not there yet, `ToolsNeeded`
carries the calls that would bring it; on the next turn the skill runs again from the start and
gets that much further.
"""

from __future__ import annotations

import re

from local.provider.brain.drafts import call
from local.provider.brain.outputs import Row, error_of, rows_of
from local.provider.brain.prompt import Function, Json, Prompt

_PASSING = re.compile(r"time.?out|timed out|tempor|try again|locked|busy|unavailable", re.I)


class ToolsNeeded(Exception):  # noqa: N818 - not an error: the turn ends with these calls
    """The work cannot go on before these calls are answered."""

    def __init__(self, calls: list[Json]) -> None:
        super().__init__(f"{len(calls)} calls")
        self.calls = calls


class ToolRefusedError(Exception):
    """A tool answered with an error that trying again will not mend."""


class Notebook:
    """The calls made for the current question, by name and arguments."""

    def __init__(self, prompt: Prompt) -> None:
        self._results = prompt.results
        self._parallel = prompt.parallel

    def outputs(self, function: Function, arguments: list[Json]) -> list[tuple[Json, str]]:
        """The output for each set of arguments, asked for in parallel where that is allowed."""
        known = {i: self._answered(function, given) for i, given in enumerate(arguments)}
        missing = [arguments[i] for i, output in known.items() if output is None]
        if missing:
            asked = missing if self._parallel else missing[:1]
            raise ToolsNeeded([call(function.name, given) for given in asked])
        return [(arguments[i], output) for i, output in known.items() if output is not None]

    def rows(self, function: Function, parameter: str, sql: str) -> list[Row]:
        """The rows of a query. Raises `ToolRefusedError` with the tool's own words."""
        [(_, output)] = self.outputs(function, [{parameter: sql}])
        if (error := error_of(output)) is not None:
            raise ToolRefusedError(error)
        return rows_of(output)

    def _answered(self, function: Function, arguments: Json) -> str | None:
        outputs = [
            result.output
            for result in self._results
            if result.name == function.name and _same(result.arguments, arguments)
        ]
        if not outputs:
            return None
        error = error_of(outputs[-1])
        if error and len(outputs) == 1 and _PASSING.search(error):
            return None
        return outputs[-1]


def _same(made: Json, wanted: Json) -> bool:
    return all(made.get(name) == value for name, value in wanted.items())
