"""Responses for clients of version 1 of the API.

SDKs up to 1.20 send `OpenAI-Beta: assistants=v1`. Version 1 has `file_ids` and a tool `retrieval`
where version 2 has attachments, tool resources and `file_search`. The version 2 fields are kept as
well; clients of version 1 ignore unknown fields.
"""

import json
from typing import Any

from aws_lambda_powertools.event_handler import Response

from understudy.domain.base import Json
from understudy.http.responses import serialize


def translated(response: Response[Any]) -> Response[Any]:
    """Returns the response with version 1's keys added."""
    if not response.is_json():  # a stream has events of version 2
        return response
    body = json.loads(response.body or "{}")
    response.body = serialize(as_version_one(body))
    return response


def as_version_one(shown: Json) -> Json:
    """Returns an object or a list of objects as version 1 would show it."""
    match shown.get("object"):
        case "list":
            return shown | {"data": [as_version_one(entry) for entry in shown["data"]]}
        case "assistant" | "thread.run":
            return shown | {
                "tools": [_tool(tool) for tool in shown["tools"]],
                "file_ids": shown.get("file_ids") or _interpreter_files(shown),
            }
        case "thread.message":
            attached = [attachment["file_id"] for attachment in shown["attachments"]]
            return shown | {"file_ids": attached, "content": [_part(p) for p in shown["content"]]}
        case "thread.run.step":
            return shown | {"step_details": _step_details(shown["step_details"])}
        case _:
            return shown


def _tool(tool: Json) -> Json:
    return {"type": "retrieval"} if tool["type"] == "file_search" else tool


def _part(part: Json) -> Json:
    """Returns a part of a message; its citations have an empty quote, as providers give none."""
    if part["type"] != "text":
        return part
    annotations = [
        found | {"file_citation": {"quote": ""} | found["file_citation"]}
        if found["type"] == "file_citation"
        else found
        for found in part["text"]["annotations"]
    ]
    return part | {"text": part["text"] | {"annotations": annotations}}


def _interpreter_files(shown: Json) -> list[str]:
    resources: Json = shown.get("tool_resources") or {}
    files: list[str] = (resources.get("code_interpreter") or {}).get("file_ids") or []
    return files


def _step_details(details: Json) -> Json:
    if details["type"] != "tool_calls":
        return details
    calls = [
        {"id": call["id"], "type": "retrieval", "retrieval": {}}
        if call["type"] == "file_search"
        else call
        for call in details["tool_calls"]
    ]
    return details | {"tool_calls": calls}
