"""Translates a provider's response to run steps, function calls and message content.

Message and step ids are derived from the run and from the place in the response. A step that is
retried writes the same items, and a response that is being written has its final ids.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from understudy.domain.base import Json
from understudy.domain.ids import bare_id, derived_id, milliseconds
from understudy.domain.message_content import message_content
from understudy.domain.placed_calls import placed
from understudy.domain.responses import FunctionCall, ResponseResult
from understudy.domain.run_steps import ModelMessage, RunStep
from understudy.domain.runs import Run
from understudy.domain.tools import DEFAULT_RANKER, FileSearchTool, RunsOn, ToolCall

ITEMS_PER_ROUND = 1000
"""Places in the thread's order that each round of a run reserves for its messages."""

LAST_CHARACTER = "\x7f"
"""Sorts after every character that an id may have."""

HOSTED = {"code_interpreter_call", "file_search_call"}
HOSTED_ENDS = {"completed", "failed", "incomplete"}
INCOMPLETE_REASONS = {
    "max_output_tokens": "max_tokens",
    "content_filter": "content_filter",
}
"""Why a message is incomplete, in the terms of OpenAI's Assistants API."""


@dataclass
class Round:
    """The content of one response: steps in the model's order, and function calls to execute."""

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
    """Translates a response: a finished one, or what there is of one that is being written.

    Item types that OpenAI's Assistants API did not have (reasoning, web search …) have no step.
    The step of the function calls has the place of the first call.
    """
    read = Round()
    messages = [at for at, item in enumerate(result.output) if item.get("type") == "message"]
    # A truncated response may end in an incomplete call, so its calls are not executed.
    is_usable = result.status == "completed" or result.is_working
    calls = result.function_calls if is_usable else []
    for position, item in enumerate(result.output):
        kind = item.get("type")
        if kind == "message":
            number = messages.index(position) + 1
            is_last = number == len(messages)
            read.steps.append(_message_step(run, result, item, position, number, is_last, now))
        elif kind in HOSTED:
            read.steps.append(_hosted_step(run, result, item, position, now))
        elif kind == "function_call" and calls and not read.calls:
            _add_calls(read, run, calls, position, now)
    if not read.steps and not result.is_working:
        # The model may return no output at all; the run still has a message.
        empty: Json = {"content": [{"type": "output_text", "text": ""}]}
        place = len(result.output)
        read.steps.append(_message_step(run, result, empty, place, 1, True, now))
    if result.usage is not None:
        read.steps[-1] = read.steps[-1].model_copy(update={"usage": result.usage})
    return read


def _add_calls(
    read: Round, run: Run, calls: Sequence[FunctionCall], position: int, now: int
) -> None:
    step = _step(run, "tool_calls", position, now)
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
    is_last: bool,
    now: int,
) -> RunStep:
    """Returns the step of a message; a truncated response ends in its last message."""
    content, files = message_content(
        item.get("content") or [],
        order=milliseconds(run.created_at),
        number=number,
        images_last=run.streamed,
    )
    if result.is_working and item.get("status") != "completed":  # more text parts may follow
        content = [part for part in content if part["type"] != "image_file"]
    order = run.message_base + run.round * ITEMS_PER_ROUND + number
    reason = INCOMPLETE_REASONS.get(result.incomplete_reason or "", "max_tokens")
    return _step(run, "message_creation", position, now).model_copy(
        update={
            "message_id": derived_id("msg", run.id, str(run.round), str(position), order=order),
            "message": ModelMessage(
                content=content,
                incomplete_reason=reason if result.status == "incomplete" and is_last else None,
            ),
            "files": files,
        }
    )


def _hosted_step(run: Run, result: ResponseResult, item: Json, position: int, now: int) -> RunStep:
    """Returns the step of a call that the provider executed, or is executing."""
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
                "attributes": found.get("attributes") or {},
            }
            for found in item.get("results") or []
        ]
        details = {"ranking_options": _ranking(run), "results": results}
        shown = {"id": item["id"], "type": "file_search", "file_search": details}
    step = _step(run, "tool_calls", position, now).model_copy(
        update={"hosted_calls": [shown], "container_id": item.get("container_id")}
    )
    if result.is_working and item.get("status") not in HOSTED_ENDS:
        return step
    failed = item.get("status") in ("failed", "incomplete")
    return step.model_copy(update={"status": "failed" if failed else "completed", "ended_at": now})


def _ranking(run: Run) -> Json:
    """Returns the ranking options that the run's file search has, with OpenAI's defaults."""
    ranking: Json = {"ranker": DEFAULT_RANKER, "score_threshold": 0.0, "hybrid_search": None}
    for tool in run.config.tools:
        given = tool.file_search if isinstance(tool, FileSearchTool) else None
        if given is not None and given.ranking_options is not None:
            ranking |= given.ranking_options.model_dump(exclude_none=True)
    return ranking
