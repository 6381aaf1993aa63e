"""OpenAPI's links: the operations that accept an id from another operation's response."""

from collections.abc import Mapping
from typing import Final

from understudy.domain.base import Json

ID: Final = "$response.body#/id"
THREAD_ID: Final = "$response.body#/thread_id"


def _to(operation: str, body: Json | None = None, **parameters: str) -> tuple[str, Json]:
    link: Json = {"operationId": operation}
    if parameters:
        link["parameters"] = parameters
    if body:
        link["requestBody"] = body
    return operation, link


RUN_LINKS: Final = dict(
    [
        _to("getRun", thread_id=THREAD_ID, run_id=ID),
        _to("modifyRun", thread_id=THREAD_ID, run_id=ID),
        _to("cancelRun", thread_id=THREAD_ID, run_id=ID),
        _to("submitToolOuputsToRun", thread_id=THREAD_ID, run_id=ID),
        _to("listRunSteps", thread_id=THREAD_ID, run_id=ID),
        _to("listMessages", thread_id=THREAD_ID),
    ]
)

LINKS: Final[Mapping[str, Json]] = {
    "createAssistant": dict(
        [
            _to("getAssistant", assistant_id=ID),
            _to("modifyAssistant", assistant_id=ID),
            _to("deleteAssistant", assistant_id=ID),
            _to("createThreadAndRun", {"assistant_id": ID}),
        ]
    ),
    "createThread": dict(
        [
            _to("getThread", thread_id=ID),
            _to("modifyThread", thread_id=ID),
            _to("deleteThread", thread_id=ID),
            _to("createMessage", thread_id=ID),
            _to("listMessages", thread_id=ID),
            _to("listRuns", thread_id=ID),
        ]
    ),
    "createMessage": dict(
        [
            _to("getMessage", thread_id=THREAD_ID, message_id=ID),
            _to("modifyMessage", thread_id=THREAD_ID, message_id=ID),
            _to("deleteMessage", thread_id=THREAD_ID, message_id=ID),
        ]
    ),
    "createRun": RUN_LINKS,
    "createThreadAndRun": RUN_LINKS,
    "createFile": dict(
        [
            _to("retrieveFile", file_id=ID),
            _to("downloadFile", file_id=ID),
            _to("deleteFile", file_id=ID),
        ]
    ),
    "createVectorStore": dict(
        [
            _to("getVectorStore", vector_store_id=ID),
            _to("modifyVectorStore", vector_store_id=ID),
            _to("listVectorStoreFiles", vector_store_id=ID),
            _to("deleteVectorStore", vector_store_id=ID),
        ]
    ),
}
