"""Choosing functions: which ones a question is for, and what to say when their outputs are back."""

from __future__ import annotations

import re

from local.provider.brain.arguments import fill
from local.provider.brain.database import database_tools
from local.provider.brain.drafts import call
from local.provider.brain.notebook import Notebook, ToolsNeeded
from local.provider.brain.outputs import described, error_of
from local.provider.brain.prompt import Function, Json, Prompt, Result
from local.provider.brain.words import content_words, name_words, word_set

_PLAIN_VERBS = word_set(
    "get set do fetch find list query make run call look show tool function retrieve execute use"
    " current"
)
_NAMED_BY_USER = re.compile(r"[\w-]+")


def forced_calls(prompt: Prompt) -> list[Json]:
    """The calls that `tool_choice` demands, made each time it does."""
    choice = prompt.tool_choice
    if isinstance(choice, dict) and choice.get("type") == "function":
        functions = [f for f in prompt.functions if f.name == choice["name"]]
    elif choice == "required":
        functions = _wanted(prompt) or prompt.functions[:1]
    else:
        return []
    calls = [call(f.name, arguments) for f in functions for arguments in fill(f, prompt.question)]
    return calls if prompt.parallel else calls[:1]


def use_functions(prompt: Prompt) -> str | None:
    """The answer out of the outputs of the functions that the question is for; None without any.

    Raises `ToolsNeeded` while calls are missing.
    """
    planned = [(f, arguments) for f in _wanted(prompt) for arguments in fill(f, prompt.question)]
    notes = Notebook(prompt)
    missing: list[Json] = []
    for function, arguments in planned:
        try:
            notes.outputs(function, [arguments])
        except ToolsNeeded as needed:
            missing += needed.calls
    if missing:
        raise ToolsNeeded(missing if prompt.parallel else missing[:1])
    return report(prompt.results) if prompt.results else None


def commands_function(prompt: Prompt) -> bool:
    """Whether the question begins with what a function is called after: "Send …", "Book …".

    The functions of a database do not count: they have a skill of their own.
    """
    first = set(content_words(prompt.question)[:1])
    database = database_tools(prompt)
    known = {database.describe.name, database.query.name} if database else set()
    wanted = [function for function in _wanted(prompt) if function.name not in known]
    return any(first & set(name_words(function.name)) for function in wanted)


def report(results: list[Result]) -> str:
    """What the tools said, in words, errors included."""
    return " ".join(_reported(result) for result in results)


def _reported(result: Result) -> str:
    subject = ", ".join(str(value) for value in result.arguments.values())
    if (error := error_of(result.output)) is not None:
        about = f" for {subject}" if subject else ""
        return f"I could not get a result from {result.name}{about}: {error}."
    return f"{subject or result.name}: {described(result.output).rstrip('.')}."


def _wanted(prompt: Prompt) -> list[Function]:
    scores = {f.name: _score(f, prompt.question) for f in prompt.functions}
    best = max(scores.values(), default=0)
    return [f for f in prompt.functions if scores[f.name] >= 3 and scores[f.name] >= best - 4]


def _score(function: Function, question: str) -> int:
    if function.name.lower() in {word.lower() for word in _NAMED_BY_USER.findall(question)}:
        return 10
    asked = set(content_words(question))
    named = [w for w in name_words(function.name) if w not in _PLAIN_VERBS]
    about = set(content_words(function.description)) - _PLAIN_VERBS
    parameters = {w for name in function.properties for w in name_words(name)}
    options = {
        word
        for schema in function.properties.values()
        for option in schema.get("enum") or []
        for word in content_words(str(option))
    }
    return (
        3 * len(asked & set(named))
        + 2 * len((asked & about) - set(named))
        + len(asked & parameters)
        + len(asked & options)
    )
