"""Translates a provider's response to run steps, function calls and message content.

Message and step ids are derived from the run, so that a step that is retried writes the same items.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from understudy.domain.base import Json
from understudy.domain.ids import bare_id, derived_id, milliseconds
from understudy.domain.messages import text_content
from understudy.domain.placed_calls import placed
from understudy.domain.responses import ResponseResult
from understudy.domain.run_steps import GeneratedFile, ModelMessage, RunStep
from understudy.domain.runs import Run
from understudy.domain.tools import RunsOn, ToolCall

ITEMS_PER_ROUND = 1000
"""Places in the thread's order that each round of a run reserves for its messages."""

LAST_CHARACTER = "\x7f"
"""Sorts after every character that an id may have."""

HOSTED = {"code_interpreter_call", "file_search_call"}
INCOMPLETE_REASONS = {
    "max_output_tokens": "max_tokens",
    "content_filter": "content_filter",
}
"""Why a message is incomplete, in the terms of OpenAI's Assistants API."""


@dataclass
class Round:
    """What one response says: steps in the model's order, and function calls to execute."""

    steps: list[RunStep] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)

    @property
    def needs_client(self) -> bool:
        """Whether a call waits for the client or for an approval."""
        return any(call.waits_for_client or call.waits_for_approval for call in self.calls)


def message_span(run: Run) -> tuple[str, str]:
    """Returns two ids between which all messages of the run sort, and no others."""
    first, last = run.message_base, order_after(run) + 1
    return bare_id("msg", order=first) + LAST_CHARACTER, bare_id("msg", order=last)


def order_after(run: Run) -> int:
    """Returns the thread's message order after the run: past all messages that it may have."""
    return run.message_base + (run.round + 1) * ITEMS_PER_ROUND


def translate(run: Run, result: ResponseResult, *, now: int) -> Round:
    """Translates a finished response.

    Item types that OpenAI's Assistants API did not have (reasoning, web search …) make no step.
    """
    read = Round()
    messages = 0
    for position, item in enumerate(result.output):
        if item.get("type") == "message":
            messages += 1
            read.steps.append(_message_step(run, result, item, position, messages, now))
        elif item.get("type") in HOSTED:
            read.steps.append(_hosted_step(run, item, position, now))
    # A truncated response may end in half a call, and the run ends without sending its output.
    calls = result.function_calls if result.status == "completed" else []
    if calls:
        step = _step(run, "tool_calls", len(result.output), now)
        made = [
            ToolCall(
                call_id=call.call_id,
                tenant=run.tenant,
                thread_id=run.thread_id,
                run_id=run.id,
                step_id=step.id,
                user_id=run.user_id,
                round=run.round,
                position=position,
                name=call.name,
                arguments=call.arguments,
                runs_on=RunsOn.CLIENT,
                deadline=run.deadline,
            )
            for position, call in enumerate(calls)
        ]
        read.calls = [placed(call, run.config) for call in made]
        read.steps.append(step.model_copy(update={"call_ids": [call.call_id for call in calls]}))
    if not read.steps:  # the model may return no output at all; the run still has a message
        empty: Json = {"content": [{"type": "output_text", "text": ""}]}
        read.steps.append(_message_step(run, result, empty, 0, 1, now))
    if result.usage is not None:
        read.steps[-1] = read.steps[-1].model_copy(update={"usage": result.usage})
    return read


def _step(run: Run, kind: str, position: int, now: int) -> RunStep:
    order = run.round * ITEMS_PER_ROUND + position
    return RunStep(
        id=derived_id("step", run.id, str(run.round), str(position), order=order),
        tenant=run.tenant,
        thread_id=run.thread_id,
        run_id=run.id,
        assistant_id=run.assistant_id,
        type="message_creation" if kind == "message_creation" else "tool_calls",
        created_at=now,
    )


def _message_step(
    run: Run,
    result: ResponseResult,
    item: Json,
    position: int,
    number: int,
    now: int,
) -> RunStep:
    content, files = message_content(item.get("content") or [], order=milliseconds(run.created_at))
    order = run.message_base + run.round * ITEMS_PER_ROUND + number
    reason = INCOMPLETE_REASONS.get(result.incomplete_reason or "", "max_tokens")
    return _step(run, "message_creation", position, now).model_copy(
        update={
            "message_id": derived_id("msg", run.id, str(run.round), str(position), order=order),
            "message": ModelMessage(
                content=content,
                incomplete_reason=reason if result.status == "incomplete" else None,
            ),
            "files": files,
        }
    )


def _hosted_step(run: Run, item: Json, position: int, now: int) -> RunStep:
    """Returns the step of a call that the provider executed; it has ended already."""
    if item["type"] == "code_interpreter_call":
        outputs = [
            {"type": "logs", "logs": output.get("logs", "")}
            for output in item.get("outputs") or []
            if output.get("type") == "logs"
        ]
        details: Json = {"input": item.get("code") or "", "outputs": outputs}
        shown = {"id": item["id"], "type": "code_interpreter", "code_interpreter": details}
    else:
        results = [
            {
                "file_id": found.get("file_id"),
                "file_name": found.get("filename"),
                "score": found.get("score") or 0.0,
                "content": [{"type": "text", "text": found.get("text") or ""}],
            }
            for found in item.get("results") or []
        ]
        ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
        details = {"ranking_options": ranking, "results": results}
        shown = {"id": item["id"], "type": "file_search", "file_search": details}
    failed = item.get("status") in ("failed", "incomplete")
    return _step(run, "tool_calls", position, now).model_copy(
        update={
            "hosted_calls": [shown],
            "container_id": item.get("container_id"),
            "status": "failed" if failed else "completed",
            "ended_at": now,
        }
    )


def message_content(
    parts: Iterable[Json], *, order: int = 0
) -> tuple[list[Json], list[GeneratedFile]]:
    """Returns the parts of an output message as message content, and the files that they cite.

    Images become parts before the text, as in OpenAI's Assistants API; other files become
    `file_path` annotations. Both get our own file ids, because the provider's expire with the
    container; `order` (ms) is their place among ids.
    """
    content: list[Json] = []
    files: dict[str, GeneratedFile] = {}
    for part in parts:
        if part.get("type") == "refusal":
            content.append({"type": "refusal", "refusal": part.get("refusal", "")})
        if part.get("type") != "output_text":
            continue
        annotations = []
        for found in part.get("annotations") or []:
            if found.get("type") == "container_file_citation":
                file = _generated(found, order)
                if file.file_id not in files and file.is_image:
                    shown = {"file_id": file.file_id, "detail": "auto"}
                    content.append({"type": "image_file", "image_file": shown})
                files[file.file_id] = file
            annotation = _annotation(found, part.get("text") or "", order)
            if annotation is not None:
                annotations.append(annotation)
        content.append(text_content(part.get("text") or "", annotations))
    return content, list(files.values())


def _generated(citation: Json, order: int) -> GeneratedFile:
    filename = str(citation.get("filename") or citation["file_id"])
    origin = (str(citation["container_id"]), str(citation["file_id"]))
    return GeneratedFile.of(*origin, filename, order=order)


def _annotation(found: Json, text: str, order: int) -> Json | None:
    kind = found.get("type")
    if kind == "file_citation":
        at = int(found.get("index") or 0)
        cited = {"file_id": found.get("file_id")}
        shown = {"start_index": at, "end_index": at, "file_citation": cited}
        return {"type": "file_citation", "text": "", **shown}
    if kind == "container_file_citation":
        start, end = int(found.get("start_index") or 0), int(found.get("end_index") or 0)
        path = {"file_id": _generated(found, order).file_id}
        shown = {"start_index": start, "end_index": end, "file_path": path}
        return {"type": "file_path", "text": text[start:end], **shown}
    return None
