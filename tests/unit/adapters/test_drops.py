"""The queue of dropped files in the table."""

import pytest
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.drops import WaitingDrop
from understudy.services import Services

from tests.unit import stage


def test_f095_claim_survives_a_retried_write(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """botocore retries a write whose response was lost; another worker's claim is refused."""
    stage.put_run(services)
    drop = WaitingDrop(tenant=stage.TENANT, thread_id=stage.THREAD_ID, file_id="file-1")
    assert services.drops.enqueue(drop)
    write, until = Table.write, services.now() + 45

    def write_twice(table: Table, change: Write) -> Item:
        write(table, change)
        return write(table, change)

    monkeypatch.setattr(Table, "write", write_twice)

    assert services.drops.claim(drop, until=until)
    assert not services.drops.claim(drop, until=until)
