"""Operations of the API: each is described once, as a row of a table.

Routes, `Allow` headers, the OpenAPI document and the checks of `docs/compatibility.md` follow from
the tables. There are two, one for each function behind the API, so that neither function imports
the models of the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from understudy.domain.base import Json


@dataclass(frozen=True)
class Operation:
    """One operation. Its path is without a prefix such as `/v1`.

    `id` is the one of OpenAI's own OpenAPI document if that has the operation. `response` is the
    TypedDict of the response, or a media type. `body` and `query` are the models of the JSON body
    and the query parameters; `form` is the schema of a multipart body. A `public` operation needs
    no key, one that is `added` is not in OpenAI's API. One that `streams` responds with events
    if the body asks for them. `refusals` are statuses that few operations respond with.
    """

    method: str
    path: str
    id: str
    summary: str
    response: Any
    tag: str = ""
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    form: Json | None = None
    public: bool = False
    added: bool = False
    streams: bool = False
    refusals: tuple[str, ...] = ()

    @property
    def parameters(self) -> list[str]:
        """The names of the path's parameters."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    def matches(self, path: str) -> bool:
        """Returns whether a request's path is one of this operation's."""
        pattern, given = self.path.split("/"), path.split("/")
        return len(pattern) == len(given) and all(
            bool(part) if name.startswith("{") else name == part
            for name, part in zip(pattern, given, strict=True)
        )


def tagged(tag: str, *operations: Operation) -> tuple[Operation, ...]:
    """Returns the operations under a tag, which groups them in the OpenAPI document."""
    return tuple(replace(operation, tag=tag) for operation in operations)


def allowed_methods(operations: Sequence[Operation], path: str) -> list[str]:
    """Returns the methods that are served on a path, none if the path does not exist.

    A path that an operation names in full is not taken for an id of another operation: there is no
    thread `runs` at `/threads/runs`.
    """
    named = {operation.method for operation in operations if operation.path == path}
    return sorted(named or {each.method for each in operations if each.matches(path)})
