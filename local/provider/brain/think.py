"""From a prompt to the next output items: the order in which the model tries what it can do."""

from __future__ import annotations

from local.provider.brain.analysis import analyse
from local.provider.brain.arithmetic import work_out
from local.provider.brain.calling import commands_function, forced_calls, use_functions
from local.provider.brain.desk import Desk
from local.provider.brain.drafts import say
from local.provider.brain.facts import recall
from local.provider.brain.images import describe_images
from local.provider.brain.interpreter import run_code, wants_code
from local.provider.brain.notebook import ToolsNeeded
from local.provider.brain.prompt import Json, Prompt
from local.provider.brain.retrieval import search_and_say, wants_search
from local.provider.brain.small_talk import talk
from local.provider.brain.structured import as_json
from local.provider.brain.style import fixed_reply, styled


def think(prompt: Prompt, desk: Desk) -> list[Json]:
    """The output items for a prompt, without ids: calls of functions, or an answer."""
    if calls := forced_calls(prompt):
        return calls
    try:
        items = _answer(prompt, desk)
    except ToolsNeeded as needed:
        return needed.calls
    return [_finished(prompt, item) for item in items]


def _answer(prompt: Prompt, desk: Desk) -> list[Json]:
    question = prompt.question
    text = fixed_reply(prompt.guidance, question)
    if text is None:
        analysis = None if commands_function(prompt) else analyse(prompt)
        text = analysis or use_functions(prompt)
    if text is None and wants_code(prompt):
        return run_code(prompt, desk)
    if text is None:
        text = work_out(question) or recall(prompt)
    if text is None and not wants_search(prompt):
        text = describe_images(prompt, desk) or talk(question)
    return search_and_say(prompt, desk) if text is None else [say(text)]


def _finished(prompt: Prompt, item: Json) -> Json:
    if item["type"] != "message":
        return item
    [part] = item["content"]
    text = part["text"]
    if prompt.answer_format.get("type") in {"json_object", "json_schema"}:
        text = as_json(prompt, text)
    elif fixed_reply(prompt.guidance, prompt.question) is None:
        text = styled(text, prompt.guidance, prompt.question)
    moved = [_moved(annotation, part["text"], text) for annotation in part["annotations"]]
    return {**item, "content": [{**part, "text": text, "annotations": moved}]}


def _moved(annotation: Json, before: str, after: str) -> Json:
    if "start_index" not in annotation:
        return annotation
    marked = before[annotation["start_index"] : annotation["end_index"]]
    start = max(0, after.lower().find(marked.lower()))
    return {**annotation, "start_index": start, "end_index": start + len(marked)}
