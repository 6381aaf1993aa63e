"""Files and vector stores that request bodies name, and the tool resources that result."""

from collections.abc import Collection, Iterable, Mapping

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

THREAD_VECTOR_STORE: Json = {"expires_after": {"anchor": "last_active_at", "days": 7}}
"""A thread's vector store expires a week after its last use, as in OpenAI's Assistants API."""

FileUses = Mapping[str, frozenset[str]]
"""File ids, each with the tools that may read the file."""


def uses_in_messages(messages: Iterable[NewMessage]) -> FileUses:
    """Returns the files that messages attach or show. An image that is only shown has no tool."""
    uses: dict[str, frozenset[str]] = {}
    for message in messages:
        for file_id in message.image_file_ids:
            uses.setdefault(file_id, frozenset())
        for attachment in message.all_attachments:
            tools = frozenset(tool.type for tool in attachment.tools)
            uses[attachment.file_id] = uses.get(attachment.file_id, frozenset()) | tools
    return uses


def uses_in_resources(resources: ToolResources | None) -> FileUses:
    """Returns the files that are listed for code interpreter."""
    files = resources.file_ids if resources else []
    return dict.fromkeys(files, frozenset({"code_interpreter"}))


def files_of_new_vector_stores(resources: ToolResources | None) -> list[str]:
    """Returns the files of the vector stores to create."""
    return [file_id for store in new_vector_stores(resources) for file_id in store.file_ids]


def new_vector_stores(resources: ToolResources | None) -> list[NewVectorStore]:
    """Returns the vector stores to create along with the object."""
    search = resources.file_search if resources else None
    return (search.vector_stores or []) if search else []


def with_interpreter_files(
    resources: ToolResources | None, file_ids: Iterable[str]
) -> ToolResources | None:
    """Returns the resources with more files for code interpreter.

    Raises InvalidRequestError if there are too many files then.
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


def with_vector_store(resources: ToolResources | None, store_id: str) -> ToolResources:
    """Returns the resources with this vector store in place of one to create."""
    search = FileSearchResources(vector_store_ids=[store_id])
    return (resources or ToolResources()).model_copy(update={"file_search": search})


def without(resources: ToolResources | None, deleted: Collection[str]) -> ToolResources | None:
    """Returns the resources without the files and vector stores in `deleted`."""
    if resources is None or not deleted:
        return resources
    kept: dict[str, object] = {}
    if resources.code_interpreter:
        files = [each for each in resources.file_ids if each not in deleted]
        # Not validated: a thread may have more files for code interpreter than a body may name.
        kept["code_interpreter"] = CodeInterpreterResources.model_construct(file_ids=files)
    if resources.file_search:
        stores = [each for each in resources.vector_store_ids if each not in deleted]
        kept["file_search"] = resources.file_search.model_copy(update={"vector_store_ids": stores})
    return resources.model_copy(update=kept)
