"""Files and vector stores that bodies name: what for, and what a thread or assistant has then."""

from collections.abc import Iterable, Mapping

from understudy.domain.base import Json
from understudy.domain.messages import NewMessage
from understudy.domain.tools import (
    MAX_FILES_OF_INTERPRETER,
    CodeInterpreterResources,
    FileSearchResources,
    NewVectorStore,
    ToolResources,
)
from understudy.errors import InvalidRequestError

THREAD_STORE: Json = {"expires_after": {"anchor": "last_active_at", "days": 7}}
"""The vector store of a thread goes a week after its last use, as it did in the original."""

FileUses = Mapping[str, frozenset[str]]
"""File ids, each with the tools that may read the file."""


def uses_in_messages(messages: Iterable[NewMessage]) -> FileUses:
    """The files that messages attach or show. An image that is only shown is for no tool."""
    uses: dict[str, frozenset[str]] = {}
    for message in messages:
        for file_id in message.image_file_ids:
            uses.setdefault(file_id, frozenset())
        for attachment in message.all_attachments:
            tools = frozenset(tool.type for tool in attachment.tools)
            uses[attachment.file_id] = uses.get(attachment.file_id, frozenset()) | tools
    return uses


def uses_in_resources(resources: ToolResources | None) -> FileUses:
    """The files that code interpreter is given directly."""
    files = resources.file_ids if resources else []
    return dict.fromkeys(files, frozenset({"code_interpreter"}))


def files_in_stores(resources: ToolResources | None) -> list[str]:
    """The files of the vector stores that are to be made."""
    return [file_id for store in new_stores(resources) for file_id in store.file_ids]


def new_stores(resources: ToolResources | None) -> list[NewVectorStore]:
    """The vector stores that are to be made along with the object."""
    search = resources.file_search if resources else None
    return (search.vector_stores or []) if search else []


def with_interpreter_files(
    resources: ToolResources | None, file_ids: Iterable[str]
) -> ToolResources | None:
    """The resources with more files for code interpreter.

    Raises InvalidRequestError if there are too many of them then.
    """
    old = resources.file_ids if resources else []
    files = list(dict.fromkeys([*old, *file_ids]))
    if files == old:
        return resources
    if len(files) > MAX_FILES_OF_INTERPRETER:
        raise InvalidRequestError(
            f"Code interpreter takes at most {MAX_FILES_OF_INTERPRETER} files, "
            f"but there would be {len(files)}.",
            param="tool_resources.code_interpreter.file_ids",
            code="array_above_max_length",
        )
    interpreter = CodeInterpreterResources(file_ids=files)
    return (resources or ToolResources()).model_copy(update={"code_interpreter": interpreter})


def with_store(resources: ToolResources | None, store_id: str) -> ToolResources:
    """The resources with this vector store in place of one that was to be made."""
    search = FileSearchResources(vector_store_ids=[store_id])
    return (resources or ToolResources()).model_copy(update={"file_search": search})
