"""From a prompt to output items, in the order that the package's docstring lists."""

import json
import re

from local.provider.test_model.arguments import arguments_for, value_for
from local.provider.test_model.code import use_code_interpreter
from local.provider.test_model.prompt import Desk, Json, Prompt, call, say
from local.provider.test_model.search import search_files
from local.provider.test_model.words import word_stems

_EXACTLY = re.compile(r"\b(?:answer|reply|respond) with exactly:?\s+(.+)", re.I)
_SAY = re.compile(r"\s*(?:please )?say:?\s+(.+)", re.I)
_FACT = re.compile(r"\b(my|your|the) ([\w' -]{1,40}?) is ([^.,;!?\n]+)", re.I)
_ASKS_FACT = re.compile(r"\bwhat(?:'s| is) (my|your|the) ([\w' -]{1,40})\?", re.I)
_OTHER_PERSON = {"my": "Your", "your": "My", "the": "The"}
_COMMON_NAME_PARTS = frozenset({"get", "set", "find", "make", "list", "run", "do", "the", "a"})
_QUOTED_OUTPUT = 2000


def respond(prompt: Prompt, desk: Desk) -> list[Json]:
    """Return the output items for a prompt: function calls, or tool items and a message."""
    if calls := _forced(prompt):
        return calls
    if text := _from_outputs(prompt.results) or _instructed(prompt) or _recalled(prompt):
        return _formatted(prompt, [say(text)])
    if calls := _chosen(prompt):
        return calls
    items = (
        use_code_interpreter(prompt, desk)
        or search_files(prompt, desk)
        or [say(f"You said: {prompt.question}")]
    )
    return _formatted(prompt, items)


def _forced(prompt: Prompt) -> list[Json]:
    choice = prompt.tool_choice
    if isinstance(choice, dict) and choice.get("type") == "function":
        return [_call(t, prompt) for t in prompt.functions if t["name"] == choice["name"]]
    if prompt.results or not prompt.functions:
        return []
    if choice == "required" or (isinstance(choice, dict) and choice.get("mode") == "required"):
        return _chosen(prompt) or [_call(prompt.functions[0], prompt)]
    return []


def _chosen(prompt: Prompt) -> list[Json]:
    asked = word_stems(prompt.question)
    return [
        _call(tool, prompt)
        for tool in prompt.functions
        if tool["name"] in prompt.question
        or asked & (word_stems(tool["name"].replace("_", " ")) - _COMMON_NAME_PARTS)
    ]


def _call(tool: Json, prompt: Prompt) -> Json:
    return call(tool["name"], arguments_for(tool.get("parameters") or {}, prompt.question))


def _from_outputs(results: list[tuple[str, str]]) -> str | None:
    if not results:
        return None
    return "\n".join(f"{name} returned {output[:_QUOTED_OUTPUT]}" for name, output in results)


def _instructed(prompt: Prompt) -> str | None:
    found = _EXACTLY.search(prompt.question) or _SAY.match(prompt.question)
    found = found or _EXACTLY.search(prompt.guidance)
    if found is None:
        return None
    wanted = found.group(1).strip()
    quoted = re.match(r"(['\"])(.+?)\1", wanted)
    return quoted.group(2) if quoted else wanted


def _recalled(prompt: Prompt) -> str | None:
    asked = _ASKS_FACT.search(prompt.question)
    if asked is None:
        return None
    whose, subject = asked.group(1).lower(), asked.group(2).lower()
    for text in reversed([prompt.guidance, *prompt.user_texts]):
        for fact in reversed(list(_FACT.finditer(text))):
            if (fact.group(1).lower(), fact.group(2).lower()) == (whose, subject):
                value = fact.group(3).split(" and ")[0].strip()
                return f"{_OTHER_PERSON[whose]} {subject} is {value}."
    return None


def _formatted(prompt: Prompt, items: list[Json]) -> list[Json]:
    kind = prompt.text_format.get("type")
    if kind not in {"json_schema", "json_object"}:
        return items
    *tools, message = items
    [part] = message["content"]
    if kind == "json_object":
        return [*tools, say(json.dumps({"answer": part["text"]}))]
    source = "\n".join([prompt.question, *(output for _, output in prompt.results)])
    value = value_for(prompt.text_format.get("schema") or {}, source, default=part["text"])
    return [*tools, say(json.dumps(value, ensure_ascii=False))]
