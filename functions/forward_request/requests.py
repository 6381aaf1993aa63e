"""Prepares a request for the provider: its model, what it may refer to, and what it asks back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from understudy.domain.base import Json
from understudy.domain.models import resolve_model
from understudy.errors import InvalidRequestError
from understudy.http.multipart import FormPart

HELD_BY_PROVIDER = {
    "file_id": "Send the content itself, or use a file with an assistant",
    "file_ids": "Send the content itself, or use files with an assistant",
    "vector_store_ids": "Use the file_search tool of an assistant",
    "conversation": "Use a thread",
    "container": "Use the code_interpreter tool of an assistant",
    "prompt": "Send the instructions themselves",
    "audio": "Send the transcript of an earlier sound",
    "background": "Use a run, which works in the background",
}
"""Members that name an object at the provider, or leave one there, and what to use instead.

All tenants share the provider's account, so its objects are only reached through this API.
"""

MAY_BE_NEW = ("container", "prompt", "audio")
"""Members that refer to an object only if they have its id: `{"type": "auto"}` does not."""

STORED_ITEMS = {
    "item_reference": "",
    "image_generation_call": "result",
    "reasoning": "encrypted_content",
}
"""Types of items that the provider looks up by id if they lack this member."""


@dataclass(frozen=True)
class Prepared:
    """What is sent to the provider, and what the ledger needs to know of it.

    `adds_usage` says that the client did not ask for the usage of a stream, so that the event with
    the usage is not passed on.
    """

    model: str
    user_id: str | None
    previous_response_id: str | None = None
    is_stored: bool = False
    adds_usage: bool = False
    json: Json | None = None


def prepared(path: str, body: Json, aliases: Mapping[str, str]) -> Prepared:
    """Returns the request with its model resolved, and with usage in a streamed completion.

    Raises InvalidRequestError for a body that refers to an object at the provider.
    """
    for name in _forbidden(body):
        instead = HELD_BY_PROVIDER.get(name, "Send its content, or previous_response_id")
        raise InvalidRequestError(
            f"'{name}' is not supported in forwarded requests. {instead}.", param=name
        )
    sent = dict(body)
    model = sent.get("model")
    if isinstance(model, str):
        sent["model"] = resolve_model(model, aliases)
    adds_usage = False
    if path.endswith("completions") and sent.get("stream") is True:
        options = sent.get("stream_options")
        options = options if isinstance(options, dict) else {}
        adds_usage = options.get("include_usage") is not True
        sent["stream_options"] = {**options, "include_usage": True}
    previous = sent.get("previous_response_id")
    return Prepared(
        model=str(sent.get("model") or ""),
        user_id=_user_of(sent),
        previous_response_id=previous if isinstance(previous, str) else None,
        is_stored=path == "/responses" and sent.get("store") is not False,
        adds_usage=adds_usage,
        json=sent,
    )


def prepared_form(parts: Mapping[str, FormPart]) -> Prepared:
    """Returns what the ledger needs to know of a form, which is sent as it is."""
    texts = {name: parts[name].text for name in ("model", "user") if name in parts}
    return Prepared(model=texts.get("model", ""), user_id=texts.get("user") or None)


def _user_of(body: Json) -> str | None:
    metadata = body.get("metadata")
    named = metadata.get("user_id") if isinstance(metadata, dict) else None
    found = named or body.get("user") or body.get("safety_identifier")
    return found if isinstance(found, str) else None


def _forbidden(value: Any) -> Iterator[str]:
    """Yields the names of members that refer to objects at the provider.

    JSON schemas and the arguments of calls are the caller's own and may use these names.
    """
    if isinstance(value, list):
        for each in value:
            yield from _forbidden(each)
    elif isinstance(value, dict):
        kind = value.get("type")
        if isinstance(kind, str) and kind in STORED_ITEMS and not value.get(STORED_ITEMS[kind]):
            yield kind
        for name, member in value.items():
            if name in HELD_BY_PROVIDER and _refers(name, member):
                yield name
            elif name not in ("parameters", "schema", "metadata"):
                yield from _forbidden(member)


def _refers(name: str, member: Any) -> bool:
    """Returns whether a member has a value that refers to an object."""
    if name not in MAY_BE_NEW:
        return bool(member)
    named = isinstance(member, str) and name == "container"
    return named or (isinstance(member, dict) and "id" in member)
