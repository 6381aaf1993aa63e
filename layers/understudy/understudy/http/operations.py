"""Every operation of the API, by method and path: what is served, and where.

The routes of the functions, the OpenAPI document and `docs/compatibility.md` are held against this
table by a test. Paths are without `/v1`; all are served under it and at the root.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Operation:
    """One operation. `id` is the one of OpenAI's own document where that has the operation."""

    method: str
    path: str
    id: str
    tag: str
    summary: str

    def matches(self, path: str) -> bool:
        """Whether a request's path is one of this operation's."""
        pattern, given = self.path.split("/"), path.split("/")
        return len(pattern) == len(given) and all(
            bool(part) if name.startswith("{") else name == part
            for name, part in zip(pattern, given, strict=True)
        )


def _of(tag: str, *rows: tuple[str, str, str, str]) -> tuple[Operation, ...]:
    return tuple(Operation(method, path, id_, tag, text) for method, path, id_, text in rows)


THREAD = "/threads/{thread_id}"
MESSAGE = THREAD + "/messages/{message_id}"
RUN = THREAD + "/runs/{run_id}"
STORE = "/vector_stores/{vector_store_id}"
STORE_FILE = STORE + "/files/{file_id}"
BATCH = STORE + "/file_batches/{batch_id}"

OPERATIONS: Final = (
    *_of(
        "Assistants",
        ("POST", "/assistants", "createAssistant", "Create an assistant"),
        ("GET", "/assistants", "listAssistants", "List assistants"),
        ("GET", "/assistants/{assistant_id}", "getAssistant", "Retrieve an assistant"),
        ("POST", "/assistants/{assistant_id}", "modifyAssistant", "Modify an assistant"),
        ("DELETE", "/assistants/{assistant_id}", "deleteAssistant", "Delete an assistant"),
    ),
    *_of(
        "Threads",
        ("POST", "/threads", "createThread", "Create a thread, with its first messages"),
        ("GET", "/threads", "listThreads", "List and search threads (not in the original)"),
        ("GET", THREAD, "getThread", "Retrieve a thread"),
        ("POST", THREAD, "modifyThread", "Modify a thread"),
        ("DELETE", THREAD, "deleteThread", "Delete a thread and all that hangs on it"),
        (
            "PUT",
            "/users/{user_id}/threads/{purpose}",
            "getOrCreateThread",
            "Get or create the thread of a user for a purpose (not in the original)",
        ),
        (
            "GET",
            "/users/{user_id}/threads",
            "listThreadsOfUser",
            "List the threads of a user (not in the original)",
        ),
    ),
    *_of(
        "Messages",
        ("POST", THREAD + "/messages", "createMessage", "Create a message"),
        ("GET", THREAD + "/messages", "listMessages", "List messages"),
        ("GET", MESSAGE, "getMessage", "Retrieve a message"),
        ("POST", MESSAGE, "modifyMessage", "Modify a message's metadata"),
        ("DELETE", MESSAGE, "deleteMessage", "Delete a message"),
    ),
    *_of(
        "Runs",
        ("POST", "/threads/runs", "createThreadAndRun", "Create a thread and run it"),
        ("POST", THREAD + "/runs", "createRun", "Create a run"),
        ("GET", THREAD + "/runs", "listRuns", "List runs"),
        ("GET", RUN, "getRun", "Retrieve a run"),
        ("POST", RUN, "modifyRun", "Modify a run's metadata"),
        ("POST", RUN + "/cancel", "cancelRun", "Cancel a run"),
        (
            "POST",
            RUN + "/submit_tool_outputs",
            "submitToolOuputsToRun",
            "Submit the outputs of all tool calls that the run waits for",
        ),
    ),
    *_of(
        "Tools",
        ("GET", "/tools", "listTools", "List the functions that run here (not in the original)"),
        (
            "POST",
            RUN + "/tool_calls/{call_id}/approve",
            "approveToolCall",
            "Let a call that waits for approval be executed (not in the original)",
        ),
        (
            "POST",
            RUN + "/tool_calls/{call_id}/refuse",
            "refuseToolCall",
            "Answer a call that waits for approval with a refusal (not in the original)",
        ),
    ),
    *_of(
        "Run steps",
        ("GET", RUN + "/steps", "listRunSteps", "List the steps of a run"),
        ("GET", RUN + "/steps/{step_id}", "getRunStep", "Retrieve a step of a run"),
    ),
    *_of(
        "Models",
        ("GET", "/models", "listModels", "List models"),
        ("GET", "/models/{model}", "retrieveModel", "Retrieve a model"),
    ),
    *_of(
        "Usage",
        (
            "GET",
            "/usage",
            "getUsage",
            "What runs used and cost, by day, user, assistant or model (not in the original)",
        ),
    ),
    *_of(
        "Files",
        ("POST", "/files", "createFile", "Upload a file"),
        ("GET", "/files", "listFiles", "List files"),
        ("GET", "/files/{file_id}", "retrieveFile", "Retrieve a file"),
        ("DELETE", "/files/{file_id}", "deleteFile", "Delete a file"),
        ("GET", "/files/{file_id}/content", "downloadFile", "Download a file"),
        (
            "POST",
            "/files/uploads",
            "createObjectUpload",
            "Get a form with which a large file goes straight to the bucket (not in the original)",
        ),
        ("POST", "/uploads", "createUpload", "Begin an upload in parts"),
        ("POST", "/uploads/{upload_id}/parts", "addUploadPart", "Add a part"),
        ("POST", "/uploads/{upload_id}/complete", "completeUpload", "Complete an upload"),
        ("POST", "/uploads/{upload_id}/cancel", "cancelUpload", "Cancel an upload"),
    ),
    *_of(
        "Vector stores",
        ("POST", "/vector_stores", "createVectorStore", "Create a vector store"),
        ("GET", "/vector_stores", "listVectorStores", "List vector stores"),
        ("GET", STORE, "getVectorStore", "Retrieve a vector store"),
        ("POST", STORE, "modifyVectorStore", "Modify a vector store"),
        ("DELETE", STORE, "deleteVectorStore", "Delete a vector store"),
        ("POST", STORE + "/search", "searchVectorStore", "Search a vector store"),
        ("POST", STORE + "/files", "createVectorStoreFile", "Put a file into a vector store"),
        ("GET", STORE + "/files", "listVectorStoreFiles", "List the files of a vector store"),
        ("GET", STORE_FILE, "getVectorStoreFile", "Retrieve a file of a vector store"),
        ("POST", STORE_FILE, "updateVectorStoreFileAttributes", "Set a file's attributes"),
        ("DELETE", STORE_FILE, "deleteVectorStoreFile", "Take a file out of a vector store"),
        (
            "GET",
            STORE_FILE + "/content",
            "retrieveVectorStoreFileContent",
            "Retrieve what a vector store has of a file",
        ),
        ("POST", STORE + "/file_batches", "createVectorStoreFileBatch", "Put in many files"),
        ("GET", BATCH, "getVectorStoreFileBatch", "Retrieve a batch of files"),
        ("POST", BATCH + "/cancel", "cancelVectorStoreFileBatch", "Cancel a batch of files"),
        (
            "GET",
            BATCH + "/files",
            "listFilesInVectorStoreBatch",
            "List the files of a batch",
        ),
    ),
    *_of(
        "Documents",
        ("GET", "/openapi.json", "getOpenApiDocument", "This document"),
        ("GET", "/docs", "getDocumentation", "This document in a browser"),
    ),
)


def allowed_methods(path: str) -> list[str]:
    """The methods that are served on a path without `/v1`; none if there is nothing.

    A path that an operation names in full is no id of another's: `/threads/runs` is no thread.
    """
    named = {operation.method for operation in OPERATIONS if operation.path == path}
    return sorted(named or {each.method for each in OPERATIONS if each.matches(path)})
