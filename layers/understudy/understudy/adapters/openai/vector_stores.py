"""The provider's vector stores and uploads: bodies are passed through unchanged."""

import io
from collections.abc import Iterator
from typing import Any

from understudy.adapters.openai.client import ClientSource
from understudy.adapters.openai.errors import translated
from understudy.adapters.openai.well_formed import well_formed
from understudy.domain.base import Json
from understudy.errors import ProviderNotFoundError

PAGE = 100


class OpenAIVectorStores:
    """Implements the port ProviderVectorStores."""

    def __init__(self, source: ClientSource) -> None:
        self._source = source

    def call(
        self, method: str, path: str, body: Json | None = None, query: Json | None = None
    ) -> Json:
        url, client = f"/vector_stores{path}", self._source()
        options: dict[str, Any] = {"params": query} if query else {}
        with translated():
            match method:
                case "GET":
                    response = client.get(url, cast_to=object, options=options)
                case "DELETE":
                    response = client.delete(url, cast_to=object, options=options)
                case _:
                    response = client.post(url, cast_to=object, body=body or {}, options=options)
        found: Json = well_formed(response)
        return found

    def delete(self, provider_id: str) -> None:
        try:
            self.call("DELETE", f"/{provider_id}")
        except ProviderNotFoundError:
            return

    def all(self) -> Iterator[Json]:
        query: Json = {"limit": PAGE, "order": "asc"}
        while True:
            page = self.call("GET", "", query=query)
            yield from page["data"]
            if not page["has_more"] or not page["data"]:
                return
            query["after"] = page["data"][-1]["id"]


class OpenAIUploads:
    """The provider's uploads in parts, with its own bodies and ids."""

    def __init__(self, source: ClientSource) -> None:
        self._source = source

    def create(self, body: Json) -> Json:
        return self._post("", body)

    def add_part(self, provider_id: str, data: bytes) -> Json:
        with translated():
            part = self._source().uploads.parts.create(provider_id, data=("part", io.BytesIO(data)))
        shown: Json = part.model_dump(mode="json")
        return shown

    def complete(self, provider_id: str, body: Json) -> Json:
        return self._post(f"/{provider_id}/complete", body)

    def cancel(self, provider_id: str) -> Json:
        return self._post(f"/{provider_id}/cancel", {})

    def _post(self, path: str, body: Json) -> Json:
        with translated():
            response: Json = self._source().post(f"/uploads{path}", cast_to=object, body=body)
        return response
