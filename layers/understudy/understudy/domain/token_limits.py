"""Token limits of a run that the provider does not enforce.

`max_prompt_tokens` and `max_completion_tokens` apply to all rounds of a run together. Tokens of
text that has not been sent are estimated; those of finished rounds are counted by the provider.
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
"""More than any model's context window; older messages are not read."""

LimitReason = Literal["max_prompt_tokens", "max_completion_tokens"]


def newest_within(newest_first: Iterable[Message], config: RunConfig) -> list[Message]:
    """Returns the newest messages that fit the run's limits, oldest first; at least one.

    It takes no more from `newest_first` than it needs, so a long thread is not read completely.
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
    """Returns whether even the shortest input exceeds `max_prompt_tokens`."""
    if config.max_prompt_tokens is None or not messages:
        return False
    return fixed_tokens(config) + message_tokens(messages[-1]) > config.max_prompt_tokens


def spent_limit(run: Run, calls: Sequence[ToolCall]) -> LimitReason | None:
    """Returns the limit that a round with the outputs of these calls would exceed, if any.

    A round sends the prompt of the round before again, with its response and the outputs.
    """
    config, usage = run.config, run.usage
    if not usage:
        return None
    completed = sum(each.output_tokens for each in usage)
    if config.max_completion_tokens is not None and completed >= config.max_completion_tokens:
        return "max_completion_tokens"
    outputs = sum(estimated_tokens(call.output or "") for call in calls)
    following = usage[-1].input_tokens + usage[-1].output_tokens + outputs
    prompted = sum(each.input_tokens for each in usage) + following
    if config.max_prompt_tokens is not None and prompted > config.max_prompt_tokens:
        return "max_prompt_tokens"
    return None


def completion_room(run: Run) -> int | None:
    """Returns the tokens that the model may still write in this run, None without a limit."""
    limit = run.config.max_completion_tokens
    return None if limit is None else limit - sum(each.output_tokens for each in run.usage)


def fixed_tokens(config: RunConfig) -> int:
    """Estimates the tokens of instructions and tools, which every prompt of the run has."""
    tools = json.dumps([tool.model_dump(exclude_none=True) for tool in config.tools])
    return estimated_tokens(config.instructions) + (estimated_tokens(tools) if config.tools else 0)


def estimated_tokens(text: str) -> int:
    """Estimates the tokens of a text; for English the error is about a quarter."""
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def message_tokens(message: Message) -> int:
    """Estimates the tokens of a message with its images."""
    images = sum(part.get("type") in ("image_file", "image_url") for part in message.content)
    return MESSAGE_OVERHEAD + estimated_tokens(message.plain_text()) + images * IMAGE_TOKENS
