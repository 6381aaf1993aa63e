"""The body of `POST /responses`, checked field by field with the API's own error texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local.provider.checks import (
    Json,
    check_choice,
    check_maximum,
    check_metadata,
    check_minimum,
    check_type,
)
from local.provider.errors import bad_request, missing_parameter, not_found, unknown_parameter
from local.provider.models import Model, find_model
from local.provider.responses.items import normalise_input
from local.provider.responses.tools import check_tool, check_tool_choice

_FIELDS: Mapping[str, str] = {
    "background": "a boolean",
    "background_options": "an object",
    "context_management": "an array",
    "conversation": "one of a string or object",
    "include": "an array",
    "input": "one of a string or array",
    "instructions": "a string",
    "max_output_tokens": "an integer",
    "max_tool_calls": "an integer",
    "metadata": "an object",
    "model": "a string",
    "moderation": "an object",
    "parallel_tool_calls": "a boolean",
    "previous_response_id": "a string",
    "prompt_cache_key": "a string",
    "prompt_cache_options": "an object",
    "prompt_cache_retention": "a string",
    "reasoning": "an object",
    "safety_identifier": "a string",
    "service_tier": "a string",
    "store": "a boolean",
    "stream": "a boolean",
    "stream_options": "an object",
    "temperature": "a decimal number",
    "text": "an object",
    "tool_choice": "one of a string or object",
    "tools": "an array",
    "top_logprobs": "an integer",
    "top_p": "a decimal number",
    "truncation": "a string",
    "user": "a string",
}
_EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
_MIN_OUTPUT_TOKENS = 16
MISSING_INPUT = (
    "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided."
)


@dataclass(frozen=True)
class CreateRequest:
    """A valid request: the body as given, the items of its input, and the model."""

    body: Json
    items: list[Json]
    model: Model
    metadata: dict[str, str]

    @property
    def background(self) -> bool:
        """Whether the request returns before the response has ended."""
        return bool(self.body.get("background"))

    @property
    def streamed(self) -> bool:
        """Whether the response has a stream of events."""
        return bool(self.body.get("stream"))

    @property
    def stored(self) -> bool:
        """Whether the response can be read later. A background response always can."""
        return self.background or self.body.get("store") is not False

    @property
    def tools(self) -> list[Json]:
        """The declared tools."""
        return self.body.get("tools") or []


def parse_create(body: object) -> CreateRequest:
    """Check a body. Raises `ApiError` for the first mistake in it."""
    if not isinstance(body, dict):
        raise bad_request("We could not parse the JSON body of your request.")
    for name, value in body.items():
        if name not in _FIELDS:
            raise unknown_parameter(name)
        if value is not None:
            check_type(name, value, _FIELDS[name])
    if body.get("model") is None:
        raise missing_parameter("model")
    _check_continuation(body)
    _check_values(body)
    model = find_model(body["model"])
    model.check_sampling(body)
    for index, tool in enumerate(body.get("tools") or []):
        check_tool(f"tools[{index}]", tool)
    check_tool_choice(body)
    items = normalise_input(body.get("input") or [])
    _check_format(body, items)
    return CreateRequest(body, items, model, check_metadata(body.get("metadata")))


def _check_continuation(body: Json) -> None:
    conversation = body.get("conversation")
    if conversation is not None and body.get("previous_response_id") is not None:
        raise bad_request(
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you "
            "are only providing one of: 'previous_response_id' or 'conversation'.",
            code="mutually_exclusive_parameters",
        )
    if conversation is not None:
        name = conversation if isinstance(conversation, str) else conversation.get("id")
        raise not_found(f"Conversation with id '{name}' not found.")
    if body.get("input") in (None, "", []) and body.get("previous_response_id") is None:
        raise bad_request(MISSING_INPUT, code="missing_required_parameter")


def _check_values(body: Json) -> None:
    if (limit := body.get("max_output_tokens")) is not None:
        check_minimum("max_output_tokens", limit, _MIN_OUTPUT_TOKENS)
    if (limit := body.get("max_tool_calls")) is not None:
        check_minimum("max_tool_calls", limit, 1)
    if (temperature := body.get("temperature")) is not None:
        check_maximum("temperature", temperature, 2)
    if (top_p := body.get("top_p")) is not None:
        check_maximum("top_p", top_p, 1)
    if (truncation := body.get("truncation")) is not None:
        check_choice("truncation", truncation, ["auto", "disabled"])
    if (effort := (body.get("reasoning") or {}).get("effort")) is not None:
        check_choice("reasoning.effort", effort, _EFFORTS)


def _check_format(body: Json, items: list[Json]) -> None:
    answer_format = (body.get("text") or {}).get("format") or {}
    if answer_format.get("type") == "json_schema":
        for key in ("name", "schema"):
            if not answer_format.get(key):
                raise missing_parameter(f"text.format.{key}")
    if answer_format.get("type") == "json_object":
        seen = f"{items}{body.get('instructions')}".lower()
        if "json" not in seen and not body.get("previous_response_id"):
            raise bad_request(
                "Response input messages must contain the word 'json' in some form to use "
                "'text.format' of type 'json_object'.",
                "input",
            )
