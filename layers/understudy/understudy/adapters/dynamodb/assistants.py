"""Assistants in the table."""

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.bodies import Bodies
from understudy.adapters.dynamodb.paging import page_of
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.assistants import Assistant, NewAssistant
from understudy.domain.lists import Page, PageRequest
from understudy.domain.threads import DAY
from understudy.errors import WriteRefusedError

KEPT_SECONDS = 10 * 365 * DAY
"""An assistant is kept until it is deleted; its TTL is a far backstop."""


class DynamoAssistants:
    """Fits the port Assistants."""

    def __init__(self, table: Table, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies

    def get(self, tenant: str, assistant_id: str) -> Assistant | None:
        item = self._table.get(keys.assistant(tenant, assistant_id))
        return self._read(item) if item else None

    def put(self, assistant: Assistant) -> None:
        self._table.write(self._writing(assistant))

    def _writing(self, assistant: Assistant, condition: str | None = None) -> Write:
        key = keys.assistant(assistant.tenant, assistant.id)
        item: Item = {
            **key,
            "tenant": assistant.tenant,
            "created_at": assistant.created_at,
            "expires_at": int(self._table.now()) + KEPT_SECONDS,
        }
        # exclude_unset would lose nothing but makes stored items depend on what a client sent.
        body = assistant.fields.model_dump(by_alias=True, exclude_none=False)
        return Write(item=self._bodies.packed(item, body), condition=condition)

    def change(self, assistant: Assistant) -> bool:
        try:
            self._table.write(self._writing(assistant, "attribute_exists(pk)"))
        except WriteRefusedError:
            return False
        return True

    def delete(self, tenant: str, assistant_id: str) -> bool:
        key = keys.assistant(tenant, assistant_id)
        try:
            self._table.write(Write(key=key, delete=True, condition="attribute_exists(pk)"))
        except WriteRefusedError:
            return False
        return True

    def page(self, tenant: str, request: PageRequest) -> Page[Assistant]:
        return page_of(self._table, keys.assistants_of(tenant), "", request, self._read)

    def _read(self, item: Item) -> Assistant:
        return Assistant(
            id=item["sk"],
            tenant=item["tenant"],
            created_at=item["created_at"],
            fields=NewAssistant.model_validate(self._bodies.unpacked(item)),
        )
