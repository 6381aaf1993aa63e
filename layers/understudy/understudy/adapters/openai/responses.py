"""Responses: the port Provider on OpenAI's SDK."""

from typing import Any

from understudy.adapters.openai.client import ClientSource
from understudy.adapters.openai.errors import translated
from understudy.domain.responses import (
    CreatedResponse,
    ResponseRequest,
    ResponseResult,
    ResponseStatus,
)
from understudy.domain.usage import TurnUsage
from understudy.errors import ProviderNotFoundError, ProviderRefusedError, ProviderUnavailableError

KNOWN: dict[str, ResponseStatus] = {
    "queued": "queued",
    "in_progress": "in_progress",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
    "incomplete": "incomplete",
}
INCLUDES = {
    "code_interpreter": "code_interpreter_call.outputs",
    "file_search": "file_search_call.results",
}


class OpenAIResponses:
    """Fits the port Provider, as far as responses go."""

    def __init__(self, source: ClientSource) -> None:
        self._source = source

    def create_response(self, request: ResponseRequest) -> CreatedResponse:
        arguments: dict[str, Any] = {
            "model": request.model,
            "input": request.input,
            "background": True,
            "store": True,
            "metadata": request.metadata,
            **request.options,
        }
        if request.instructions:
            arguments["instructions"] = request.instructions
        if request.previous_response_id:
            arguments["previous_response_id"] = request.previous_response_id
        if request.tools:
            arguments["tools"] = request.tools
        kinds = {tool.get("type") for tool in request.tools}
        includes = [INCLUDES[kind] for kind in sorted(INCLUDES.keys() & kinds)]
        if includes:
            arguments["include"] = includes
        with translated():
            response = self._source().responses.create(**arguments)
        if not isinstance(getattr(response, "id", None), str):
            raise ProviderUnavailableError("the answer is not a response", code="malformed")
        return CreatedResponse(id=response.id, status=KNOWN.get(response.status or "", "unknown"))

    def retrieve_response(self, response_id: str) -> ResponseResult:
        with translated():
            response = self._source().responses.retrieve(response_id)
        if not isinstance(getattr(response, "id", None), str):
            raise ProviderUnavailableError("the answer is not a response", code="malformed")
        return read_response(response)

    def cancel_response(self, response_id: str) -> None:
        try:
            with translated():
                self._source().responses.cancel(response_id)
        except (ProviderNotFoundError, ProviderRefusedError):
            return  # It has ended, or never was: nothing is left to cancel.


def read_response(response: Any) -> ResponseResult:
    """The SDK's object as ours. Unknown items and fields are kept as they came or left out."""
    status = KNOWN.get(response.status or "", "unknown")
    output = [item.model_dump(mode="json", exclude_unset=True) for item in response.output or []]
    error, incomplete = response.error, response.incomplete_details
    return ResponseResult(
        id=response.id,
        status=status,
        model=str(response.model),
        output=output,
        usage=_usage(response, output),
        error_code=str(error.code) if error else None,
        error_message=str(error.message) if error else None,
        incomplete_reason=incomplete.reason if incomplete else None,
    )


def _usage(response: Any, output: list[dict[str, Any]]) -> TurnUsage | None:
    usage = response.usage
    if usage is None:
        return None
    details_in, details_out = usage.input_tokens_details, usage.output_tokens_details
    kinds = [item.get("type") for item in output]
    containers = tuple(
        dict.fromkeys(
            str(item.get("container_id"))
            for item in output
            if item.get("type") == "code_interpreter_call"
        )
    )
    return TurnUsage(
        response_id=response.id,
        model=str(response.model),
        input_tokens=usage.input_tokens or 0,
        cached_tokens=getattr(details_in, "cached_tokens", 0) or 0,
        cache_write_tokens=getattr(details_in, "cache_write_tokens", 0) or 0,
        output_tokens=usage.output_tokens or 0,
        reasoning_tokens=getattr(details_out, "reasoning_tokens", 0) or 0,
        service_tier=response.service_tier,
        code_interpreter_sessions=len(containers),
        containers=containers,
        file_searches=kinds.count("file_search_call"),
        web_searches=kinds.count("web_search_call"),
    )
