"""Assistants in the table."""

import secrets

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.bodies import Bodies
from understudy.adapters.dynamodb.paging import page_of
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.assistants import Assistant, NewAssistant
from understudy.domain.lists import Page, PageRequest
from understudy.domain.threads import DAY
from understudy.errors import NoSuchObjectError, WriteRefusedError

KEPT_SECONDS = 10 * 365 * DAY
"""An assistant is kept until it is deleted; its TTL is a far backstop."""


class Assistants:
    """The assistants of all tenants."""

    def __init__(self, table: Table, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies

    def get(self, tenant: str, assistant_id: str) -> Assistant | None:
        key = keys.assistant(tenant, assistant_id)
        item = self._table.get(key)
        try:
            return self._read(item) if item else None
        except NoSuchObjectError:  # it was changed or deleted since
            item = self._table.get(key)
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
        name = secrets.token_hex(16)
        return Write(item=self._bodies.packed(item, body, name), condition=condition)

    def change(self, assistant: Assistant) -> bool:
        """Stores it in place of the old one; False if that is gone."""
        writing = self._writing(assistant, "attribute_exists(pk)")
        try:
            before = self._table.replace(writing)
        except WriteRefusedError:
            return False
        self._bodies.forget(before, writing.item or {})
        return True

    def delete(self, tenant: str, assistant_id: str) -> bool:
        """Whether there was one."""
        key = keys.assistant(tenant, assistant_id)
        gone = Write(key=key, delete=True, condition="attribute_exists(pk)")
        try:
            before = self._table.replace(gone)
        except WriteRefusedError:
            return False
        self._bodies.forget(before, {})
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
