"""Translates our file and vector store ids to the provider's ids and back.

One provider account holds the files of all tenants, so an id in a request is looked up among the
tenant's own, and another tenant's id in a response is not passed on.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from understudy.domain.base import Json
from understudy.domain.provider_texts import without_secrets
from understudy.domain.responses import ResponseRequest, ResponseResult
from understudy.errors import (
    InvalidRequestError,
    NotFoundError,
    ProviderNotFoundError,
    ProviderRefusedError,
)

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.files import Files
    from understudy.adapters.dynamodb.vector_stores import VectorStores

Owner = tuple[str, str]
OwnersOf = Callable[[Collection[str]], Mapping[str, Owner]]
"""Returns tenant and our id of files, by the provider's ids; another tenant's are included."""

UNKNOWN_FILE = "No such File object: {}"
PENDING_FILE = "File {} is not ready: its status is '{}'."
INPUT_PARTS = ("input_image", "input_file")


def provider_file_ids(files: "Files", tenant: str, file_ids: Collection[str]) -> dict[str, str]:
    """Returns the provider's ids of the tenant's files, by our ids.

    Raises NotFoundError for a file that the tenant does not have, and InvalidRequestError for one
    that has not reached the provider.
    """
    found = files.get_many(tenant, file_ids)
    known = {}
    for file_id in file_ids:
        file = found.get(file_id)
        if file is None:
            raise NotFoundError(UNKNOWN_FILE.format(file_id), param="file_id")
        if file.provider_id is None:
            raise InvalidRequestError(
                PENDING_FILE.format(file_id, file.status), param="file_id", code="file_not_ready"
            )
        known[file_id] = file.provider_id
    return known


def with_provider_ids(
    files: "Files", vector_stores: "VectorStores", tenant: str, request: ResponseRequest
) -> ResponseRequest:
    """Returns the request with the provider's ids in place of our file ids.

    A deleted file is left out of the tools, and a text replaces it in the input; the run continues
    without it.
    """
    named = _named_files(request)
    found = files.get_many(tenant, named) if named else {}
    known = {key: file.provider_id for key, file in found.items() if file.provider_id}
    stores = {}
    for tool in request.tools:
        for store_id in tool.get("vector_store_ids", ()):
            store = vector_stores.get(tenant, store_id)
            if store is not None and store.provider_id:
                stores[store_id] = store.provider_id
    items = [_item(item, known) for item in request.input]
    tools = [tool for tool in (_tool(each, known, stores) for each in request.tools) if tool]
    return request.model_copy(update={"input": items, "tools": tools})


def with_our_ids(owners_of: OwnersOf, tenant: str, result: ResponseResult) -> ResponseResult:
    """Returns the result with our ids in place of the provider's file ids."""
    if not any(item.get("type") in ("file_search_call", "message") for item in result.output):
        return result
    named: set[str] = set()
    _walk(result.output, lambda cited: named.add(str(cited["file_id"])))
    if not named:
        return result
    owners = owners_of(named)
    output = result.model_copy(deep=True).output

    def rename(cited: Json) -> None:
        owner = owners.get(str(cited["file_id"]))
        cited["file_id"] = owner[1] if owner and owner[0] == tenant else "file-unknown"

    _walk(output, rename)
    return result.model_copy(update={"output": output})


@contextmanager
def refusals_with_our_ids(known: Mapping[str, str]) -> Iterator[None]:
    """Converts the provider's refusals to InvalidRequestErrors with our ids in their text.

    `known` has our ids by the provider's. Other errors of the provider pass through.
    """
    try:
        yield
    except ProviderNotFoundError:
        raise
    except ProviderRefusedError as error:
        raise refusal_of(error, known) from error


def refusal_of(
    error: ProviderRefusedError, known: Mapping[str, str] | None = None
) -> InvalidRequestError:
    """Returns the error for a request that the provider refused.

    The provider's ids in its text are replaced with our file ids, or left out if they are unknown,
    as keys and addresses are.
    """
    text = without_secrets(error.said or str(error), known)
    return InvalidRequestError(text, code=error.code)


def _named_files(request: ResponseRequest) -> list[str]:
    named = [
        part["file_id"]
        for item in request.input
        for part in _parts(item)
        if part.get("type") in INPUT_PARTS and "file_id" in part
    ]
    for tool in request.tools:
        container = tool.get("container")
        if isinstance(container, dict):
            named += container.get("file_ids", [])
    return list(dict.fromkeys(named))


def _parts(item: Json) -> list[Json]:
    content = item.get("content")
    return content if isinstance(content, list) else []


def _item(item: Json, known: dict[str, str]) -> Json:
    if not any(part.get("type") in INPUT_PARTS and "file_id" in part for part in _parts(item)):
        return item
    return {**item, "content": [_part(part, known) for part in item["content"]]}


def _part(part: Json, known: dict[str, str]) -> Json:
    if part.get("type") not in INPUT_PARTS or "file_id" not in part:
        return part
    if part["file_id"] in known:
        return {**part, "file_id": known[part["file_id"]]}
    return {"type": "input_text", "text": "[deleted file]"}


def _tool(tool: Json, known: dict[str, str], stores: dict[str, str]) -> Json | None:
    if tool.get("type") == "file_search":
        ids = [stores[each] for each in tool["vector_store_ids"] if each in stores]
        return {**tool, "vector_store_ids": ids} if ids else None
    container = tool.get("container")
    if isinstance(container, dict) and container.get("file_ids"):
        ids = [known[each] for each in container["file_ids"] if each in known]
        return {**tool, "container": {**container, "file_ids": ids}}
    return tool


def _walk(output: list[dict[str, Any]], visit: Callable[[Json], object]) -> None:
    for item in output:
        if item.get("type") == "file_search_call":
            for found in item.get("results") or []:
                if found.get("file_id"):
                    visit(found)
        for part in _parts(item):
            for annotation in part.get("annotations") or []:
                if annotation.get("type") == "file_citation" and annotation.get("file_id"):
                    visit(annotation)
