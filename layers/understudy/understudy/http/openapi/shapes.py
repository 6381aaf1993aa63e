"""What each operation takes and gives: body, answer, query parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from understudy.domain.assistants import AssistantChange, NewAssistant
from understudy.domain.base import MAX_ID, Json
from understudy.domain.decisions import DecisionReason
from understudy.domain.lists import DEFAULT_LIMIT, MAX_LIMIT
from understudy.domain.messages import MetadataChange, NewMessage
from understudy.domain.new_runs import NewRun, NewThreadAndRun
from understudy.domain.threads import NewThread, ThreadChange, ThreadOfUser
from understudy.domain.tool_outputs import SubmittedOutputs
from understudy.domain.uploads import NewObjectUpload, NewUpload, UploadEnd
from understudy.domain.vector_stores import (
    NewFileBatch,
    NewStore,
    NewStoreFile,
    StoreChange,
    StoreFileChange,
    StoreSearch,
)
from understudy.http.openapi import file_objects as files
from understudy.http.openapi import objects

Form = Mapping[str, Any]


@dataclass(frozen=True)
class Shape:
    """One operation's body and answer. `form` is the schema of a multipart body.

    An answer that is no model has a media type instead.
    """

    answer: type[BaseModel] | str
    body: type[BaseModel] | None = None
    form: Form | None = None
    queries: tuple[Json, ...] = ()


def _query(name: str, schema: Json, text: str) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": text}


CURSOR: Final[Json] = {"type": "string", "maxLength": MAX_ID}
PAGE: Final = (
    _query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "How many objects the page has at most.",
    ),
    _query(
        "order",
        {"type": "string", "enum": ["asc", "desc"], "default": "desc"},
        "By the time of creation; newest first unless said otherwise.",
    ),
    _query("after", CURSOR, "An id: the page begins behind it."),
    _query("before", CURSOR, "An id: the page ends in front of it."),
)
SEARCH: Final = (
    _query("purpose", {"type": "string"}, "Only threads of this purpose."),
    {
        "name": "metadata",
        "in": "query",
        "required": False,
        "style": "deepObject",
        "explode": True,
        "schema": {"type": "object", "additionalProperties": True},  # all of a query is text
        "description": "Only threads with these pairs in their metadata: metadata[key]=value.",
    },
)
RUN_ID: Final = _query("run_id", {"type": "string", "maxLength": MAX_ID}, "Only this run's.")
USER_ID: Final = _query("user_id", {"type": "string"}, "Only this user's threads.")
DAY: Final[Json] = {"type": "string", "format": "date"}
USAGE: Final = (
    _query("start", DAY, "The first day (UTC)."),
    _query("end", DAY, "The last day (UTC)."),
    _query(
        "group_by",
        {"type": "string", "enum": ["day", "user", "assistant", "model"], "default": "day"},
        "What one row of the report is.",
    ),
)

BINARY: Final[Json] = {"type": "string", "format": "binary"}
PURPOSES: Final = ["assistants", "batch", "evals", "fine-tune", "user_data", "vision"]
FILE_FORM: Final[Json] = {
    "type": "object",
    "properties": {"file": BINARY, "purpose": {"type": "string", "enum": PURPOSES}},
    "required": ["file", "purpose"],
}
PART_FORM: Final[Json] = {"type": "object", "properties": {"data": BINARY}, "required": ["data"]}
FILE_PAGE: Final = (
    _query("limit", {"type": "integer", "minimum": 1, "maximum": 10_000}, "As with other lists."),
    *PAGE[1:],
    _query("purpose", {"type": "string"}, "Only files of this purpose."),
)

SHAPES: Final[Mapping[str, Shape]] = {
    "createAssistant": Shape(objects.Assistant, NewAssistant),
    "listAssistants": Shape(objects.AssistantList, queries=PAGE),
    "getAssistant": Shape(objects.Assistant),
    "modifyAssistant": Shape(objects.Assistant, AssistantChange),
    "deleteAssistant": Shape(objects.Deleted),
    "createThread": Shape(objects.Thread, NewThread),
    "listThreads": Shape(objects.ThreadList, queries=(*PAGE, USER_ID, *SEARCH)),
    "getThread": Shape(objects.Thread),
    "modifyThread": Shape(objects.Thread, ThreadChange),
    "deleteThread": Shape(objects.Deleted),
    "getOrCreateThread": Shape(objects.Thread, ThreadOfUser),
    "listThreadsOfUser": Shape(objects.ThreadList, queries=(*PAGE, *SEARCH)),
    "createMessage": Shape(objects.Message, NewMessage),
    "listMessages": Shape(objects.MessageList, queries=(*PAGE, RUN_ID)),
    "getMessage": Shape(objects.Message),
    "modifyMessage": Shape(objects.Message, MetadataChange),
    "deleteMessage": Shape(objects.Deleted),
    "createThreadAndRun": Shape(objects.Run, NewThreadAndRun),
    "createRun": Shape(objects.Run, NewRun),
    "listRuns": Shape(objects.RunList, queries=PAGE),
    "getRun": Shape(objects.Run),
    "modifyRun": Shape(objects.Run, MetadataChange),
    "cancelRun": Shape(objects.Run),
    "submitToolOuputsToRun": Shape(objects.Run, SubmittedOutputs),
    "listTools": Shape(objects.ToolList),
    "approveToolCall": Shape(objects.Run, DecisionReason),
    "refuseToolCall": Shape(objects.Run, DecisionReason),
    "listRunSteps": Shape(objects.RunStepList, queries=PAGE),
    "getRunStep": Shape(objects.RunStep),
    "listModels": Shape(objects.ModelList),
    "retrieveModel": Shape(objects.Model),
    "createFile": Shape(files.FileObject, form=FILE_FORM),
    "listFiles": Shape(files.FileList, queries=FILE_PAGE),
    "retrieveFile": Shape(files.FileObject),
    "deleteFile": Shape(files.DeletedFile),
    "downloadFile": Shape("application/octet-stream"),
    "createObjectUpload": Shape(files.ObjectUpload, NewObjectUpload),
    "createUpload": Shape(files.Upload, NewUpload),
    "addUploadPart": Shape(files.UploadPart, form=PART_FORM),
    "completeUpload": Shape(files.Upload, UploadEnd),
    "cancelUpload": Shape(files.Upload),
    "createVectorStore": Shape(files.VectorStore, NewStore),
    "listVectorStores": Shape(files.VectorStoreList, queries=PAGE),
    "getVectorStore": Shape(files.VectorStore),
    "modifyVectorStore": Shape(files.VectorStore, StoreChange),
    "deleteVectorStore": Shape(files.DeletedFile),
    "searchVectorStore": Shape(files.ResultPage, StoreSearch),
    "createVectorStoreFile": Shape(files.VectorStoreFile, NewStoreFile),
    "listVectorStoreFiles": Shape(files.VectorStoreFileList, queries=PAGE),
    "getVectorStoreFile": Shape(files.VectorStoreFile),
    "updateVectorStoreFileAttributes": Shape(files.VectorStoreFile, StoreFileChange),
    "deleteVectorStoreFile": Shape(files.DeletedFile),
    "retrieveVectorStoreFileContent": Shape(files.ResultPage),
    "createVectorStoreFileBatch": Shape(files.VectorStoreFileBatch, NewFileBatch),
    "getVectorStoreFileBatch": Shape(files.VectorStoreFileBatch),
    "cancelVectorStoreFileBatch": Shape(files.VectorStoreFileBatch),
    "listFilesInVectorStoreBatch": Shape(files.VectorStoreFileList, queries=PAGE),
    "getUsage": Shape(files.UsageReport, queries=USAGE),
    "getOpenApiDocument": Shape("application/json"),
    "getDocumentation": Shape("text/html"),
}
