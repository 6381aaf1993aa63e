"""Responses: implements the port Provider with OpenAI's SDK.

It uses the SDK's generic requests, not `client.responses`: importing that module would more than
double the cold start, and only the JSON of the response is needed.
"""

from typing import Any
from urllib.parse import quote

from understudy.adapters.openai.client import ClientSource
from understudy.adapters.openai.errors import translated
from understudy.adapters.openai.well_formed import well_formed
from understudy.domain.base import Json
from understudy.domain.responses import (
    CreatedResponse,
    ResponseRequest,
    ResponseResult,
    ResponseStatus,
)
from understudy.domain.usage import RoundUsage
from understudy.errors import ProviderNotFoundError, ProviderRefusedError, ProviderUnavailableError

PATH = "/responses"
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
    """Implements the port Provider."""

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
        if includes:  # the events of a stream have what its creation asked for
            arguments["include"] = includes
        response = _checked(self._created(arguments, stream=request.stream))
        return CreatedResponse(
            id=response["id"], status=KNOWN.get(str(response.get("status")), "unknown")
        )

    def _created(self, arguments: Json, *, stream: bool) -> object:
        if stream:
            from understudy.adapters.openai.response_streams import OpenAIResponseStreams

            return OpenAIResponseStreams(self._source).create({**arguments, "stream": True})
        with translated():
            return self._source().post(PATH, cast_to=object, body=arguments)

    def retrieve_response(self, response_id: str) -> ResponseResult:
        with translated():
            found = self._source().get(f"{PATH}/{quote(response_id)}", cast_to=object)
        return read_response(_checked(found))

    def cancel_response(self, response_id: str) -> None:
        try:
            with translated():
                self._source().post(f"{PATH}/{quote(response_id)}/cancel", cast_to=object)
        except (ProviderNotFoundError, ProviderRefusedError):
            return  # it has ended or does not exist


def _checked(body: object) -> Json:
    """Returns the body as a response. Raises ProviderUnavailableError if it is not one."""
    if isinstance(body, dict) and isinstance(body.get("id"), str):
        output = body.get("output") or []
        objects = [body.get(name) or {} for name in ("usage", "error", "incomplete_details")]
        if isinstance(output, list) and all(isinstance(each, dict) for each in output + objects):
            return well_formed(body)
    raise ProviderUnavailableError("the body is not a response", code="malformed")


def read_response(response: Json) -> ResponseResult:
    """Converts the provider's object. Unknown output items are kept unchanged."""
    output = list(response.get("output") or [])
    error, incomplete = response.get("error"), response.get("incomplete_details")
    return ResponseResult(
        id=response["id"],
        status=KNOWN.get(str(response.get("status")), "unknown"),
        model=str(response.get("model")),
        output=output,
        usage=_usage(response, output),
        error_code=str(error.get("code")) if error else None,
        error_message=str(error.get("message")) if error else None,
        incomplete_reason=incomplete.get("reason") if incomplete else None,
    )


def _usage(response: Json, output: list[Json]) -> RoundUsage | None:
    usage = response.get("usage")
    if usage is None:
        return None
    details_in = usage.get("input_tokens_details") or {}
    details_out = usage.get("output_tokens_details") or {}
    kinds = [item.get("type") for item in output]
    containers = tuple(
        dict.fromkeys(
            str(item.get("container_id"))
            for item in output
            if item.get("type") == "code_interpreter_call"
        )
    )
    return RoundUsage(
        response_id=response["id"],
        model=str(response.get("model")),
        input_tokens=usage.get("input_tokens") or 0,
        cached_tokens=details_in.get("cached_tokens") or 0,
        cache_write_tokens=details_in.get("cache_write_tokens") or 0,
        output_tokens=usage.get("output_tokens") or 0,
        reasoning_tokens=details_out.get("reasoning_tokens") or 0,
        service_tier=response.get("service_tier"),
        code_interpreter_sessions=len(containers),
        containers=containers,
        file_searches=kinds.count("file_search_call"),
        web_searches=kinds.count("web_search_call"),
    )
