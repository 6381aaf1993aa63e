"""What a run may give the model and take from it, in tokens: limits that the provider has not.

`max_prompt_tokens` and `max_completion_tokens` hold for all turns of a run together. Tokens of a
text that was not sent yet are a guess; those of a turn that was answered are counted.
"""

import json
import math
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Literal

from understudy.domain.messages import Message
from understudy.domain.runs import Run, RunConfig
from understudy.domain.tools import ToolCall

CHARACTERS_PER_TOKEN = 4
MESSAGE_OVERHEAD = 4
IMAGE_TOKENS = 800
MAX_HISTORY_TOKENS = 800_000
"""Above every model's window; what is older is not even read."""

LimitReason = Literal["max_prompt_tokens", "max_completion_tokens"]


def newest_within(newest_first: Iterable[Message], config: RunConfig) -> list[Message]:
    """The newest messages that the run's limits leave, oldest first; at least the newest one.

    Takes no more from `newest_first` than it needs, so that a long thread is not read whole.
    """
    strategy = config.truncation_strategy
    count = strategy.last_messages if strategy.type == "last_messages" else None
    room = (config.max_prompt_tokens or MAX_HISTORY_TOKENS) - fixed_tokens(config)
    kept: list[Message] = []
    for message in islice(newest_first, count):
        room -= message_tokens(message)
        if room < 0 and kept:
            break
        kept.append(message)
    return kept[::-1]


def exceeds_prompt_limit(messages: Sequence[Message], config: RunConfig) -> bool:
    """Whether even the shortest input is above `max_prompt_tokens`: the run ends incomplete."""
    if config.max_prompt_tokens is None or not messages:
        return False
    return fixed_tokens(config) + message_tokens(messages[-1]) > config.max_prompt_tokens


def spent_limit(run: Run, calls: Sequence[ToolCall]) -> LimitReason | None:
    """The limit that leaves no room for a turn with the outputs of these calls, if one does.

    A turn repeats the prompt of the one before it, with that one's answer and the outputs.
    """
    config, turns = run.config, run.usage
    if not turns:
        return None
    completed = sum(turn.output_tokens for turn in turns)
    if config.max_completion_tokens is not None and completed >= config.max_completion_tokens:
        return "max_completion_tokens"
    outputs = sum(estimated_tokens(call.output or "") for call in calls)
    following = turns[-1].input_tokens + turns[-1].output_tokens + outputs
    prompted = sum(turn.input_tokens for turn in turns) + following
    if config.max_prompt_tokens is not None and prompted > config.max_prompt_tokens:
        return "max_prompt_tokens"
    return None


def completion_room(run: Run) -> int | None:
    """The tokens that the model may still write in this run; None without a limit."""
    limit = run.config.max_completion_tokens
    return None if limit is None else limit - sum(turn.output_tokens for turn in run.usage)


def fixed_tokens(config: RunConfig) -> int:
    """A guess at the tokens that every prompt of the run has: instructions and tools."""
    tools = json.dumps([tool.model_dump(exclude_none=True) for tool in config.tools])
    return estimated_tokens(config.instructions) + (estimated_tokens(tools) if config.tools else 0)


def estimated_tokens(text: str) -> int:
    """A guess at the tokens of a text, good to about a quarter for English."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def message_tokens(message: Message) -> int:
    """A guess at the tokens of a message with its images."""
    images = sum(part.get("type") in ("image_file", "image_url") for part in message.content)
    return MESSAGE_OVERHEAD + estimated_tokens(message.plain_text()) + images * IMAGE_TOKENS
