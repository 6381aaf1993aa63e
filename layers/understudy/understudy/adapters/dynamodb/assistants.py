"""Assistants in the table."""

import secrets

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.bodies import Bodies
from understudy.adapters.dynamodb.paging import page_of
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.assistants import Assistant, NewAssistant
from understudy.domain.lists import Page, PageRequest
from understudy.domain.threads import DAY
from understudy.errors import NoSuchObjectError, StorageUnavailableError, WriteRefusedError

KEPT_SECONDS = 10 * 365 * DAY
"""An assistant is kept until it is deleted; its TTL is a backstop."""

READ_ATTEMPTS = 4


class Assistants:
    """The assistants of all tenants."""

    def __init__(self, table: Table, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies

    def get(self, tenant: str, assistant_id: str) -> Assistant | None:
        """Returns the assistant; None if it is missing."""
        item = self._table.get(keys.assistant(tenant, assistant_id))
        return self._read_current(item) if item else None

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
        # Not exclude_unset: the stored item must not depend on which defaults the client sent.
        body = assistant.fields.model_dump(by_alias=True, exclude_none=False)
        name = secrets.token_hex(16)
        return Write(item=self._bodies.packed(item, body, name), condition=condition)

    def change(self, assistant: Assistant) -> bool:
        """Replaces the assistant; False if it is missing."""
        writing = self._writing(assistant, "attribute_exists(pk)")
        try:
            before = self._table.replace(writing)
        except WriteRefusedError:
            return False
        self._bodies.forget(before, writing.item or {})
        return True

    def delete(self, tenant: str, assistant_id: str) -> bool:
        """Deletes the assistant; False if it is missing."""
        key = keys.assistant(tenant, assistant_id)
        gone = Write(key=key, delete=True, condition="attribute_exists(pk)")
        try:
            before = self._table.replace(gone)
        except WriteRefusedError:
            return False
        self._bodies.forget(before, {})
        return True

    def page(self, tenant: str, request: PageRequest) -> Page[Assistant]:
        """Returns a page of the tenant's assistants."""
        partition = keys.assistants_of(tenant)
        return page_of(self._table, partition, "", request, self._read_current)

    def _read_current(self, item: Item) -> Assistant | None:
        """Returns the assistant; None if it was deleted after its item was read.

        A change deletes the old large body. A role that may not list the bucket gets "access
        denied" for an object that does not exist, so an item whose body changed is read again,
        whatever S3 responded.
        """
        for _ in range(READ_ATTEMPTS):
            try:
                return self._read(item)
            except (NoSuchObjectError, StorageUnavailableError):
                again = self._table.get({"pk": item["pk"], "sk": item["sk"]})
                if again is None:
                    return None
                if again.get("body_key") == item.get("body_key"):
                    raise
                item = again
        return self._read(item)

    def _read(self, item: Item) -> Assistant:
        return Assistant(
            id=item["sk"],
            tenant=item["tenant"],
            created_at=item["created_at"],
            fields=NewAssistant.model_validate(self._bodies.unpacked(item)),
        )
