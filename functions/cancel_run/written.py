"""The text that an interrupted run leaves in its thread."""

from understudy.domain.messages import Message, text_content
from understudy.domain.run_queue import MultitaskStrategy
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run
from understudy.domain.translation import translate
from understudy.errors import ProviderError
from understudy.observability import error_keys, logger
from understudy.services import Services

REASON = "run_cancelled"
"""Why such a message is incomplete, in the terms of OpenAI's Assistants API."""


def written_text(services: Services, run: Run) -> list[Message]:
    """Returns the messages that a run with the strategy `interrupt` leaves: their text only.

    Files of code interpreter are not kept. What the model had not finished is incomplete. The
    messages before tool calls are in the thread already, with completed steps. The steps of the
    others are stored here as cancelled, which clients see once the run is: it has their messages
    then. Call it once the model has stopped.
    """
    if run.interrupted is not MultitaskStrategy.INTERRUPT:
        return []
    now = int(services.now())
    known = services.run_steps.of_run(run.tenant, run.thread_id, run.id)
    steps = {step.id: step for step in (*_unfinished(services, run, now), *known)}
    is_left = [step for step in steps.values() if step.message and step.status != "completed"]
    texts = [text for step in is_left if (text := _with_text_only(step)) is not None]
    over = {"status": "cancelled", "ended_at": now}
    for text in texts:
        services.run_steps.put(text.model_copy(update=over))
    return [text.as_message(run, now) for text in texts]


def _unfinished(services: Services, run: Run, now: int) -> list[RunStep]:
    """Returns the message steps of the response that the interrupt has stopped."""
    if run.response_id is None:
        return []
    try:
        result = services.provider.retrieve_response(run.response_id)
    except ProviderError as error:
        logger.warning("response_not_kept", **error_keys(error))
        return []
    steps = [step for step in translate(run, result, now=now).steps if step.message is not None]
    if result.status == "completed":
        return steps
    return [_cut(step) for step in steps]


def _cut(step: RunStep) -> RunStep:
    """Returns the step of a message that the model has not finished."""
    assert step.message is not None  # chosen by the caller
    message = step.message.model_copy(update={"incomplete_reason": REASON})
    return step.model_copy(update={"message": message})


def _with_text_only(step: RunStep) -> RunStep | None:
    """Returns the step with the text of its message; None if it has none."""
    assert step.message is not None  # chosen by the caller
    values = [part["text"]["value"] for part in step.message.content if part.get("type") == "text"]
    content = [text_content(value) for value in values if value]
    if not content:
        return None
    message = step.message.model_copy(update={"content": content})
    return step.model_copy(update={"message": message, "files": []})
