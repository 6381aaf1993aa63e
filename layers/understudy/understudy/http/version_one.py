"""Responses in the format of version 1 of the API, for clients that request it.

SDKs up to 1.20 send `OpenAI-Beta: assistants=v1`. They know `file_ids` and a tool `retrieval`
where version 2 has attachments, tool resources and `file_search`. The members of version 2 stay in
the response, because those SDKs ignore unknown members.
"""

import json
from typing import Any

from aws_lambda_powertools.event_handler import Response

from understudy.domain.base import Json
from understudy.http.responses import serialize


def translated(response: Response[Any]) -> Response[Any]:
    """Returns the response with version 1's members added."""
    body = json.loads(response.body or "{}")
    response.body = serialize(as_version_one(body))
    return response


def as_version_one(shown: Json) -> Json:
    """Returns an object or a list of objects with version 1's members added."""
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
    """Returns a part of a message. Version 1's citations have a `quote`, which stays empty."""
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
