"""Dropped files that wait for their thread, in the table."""

import pytest
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.drops import WaitingDrop
from understudy.services import Services

from tests.unit import stage


def test_f095_a_claim_whose_answer_was_lost_is_known_as_our_own(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client repeats the write by itself; another claimant is refused all the same."""
    stage.put_run(services)
    drop = WaitingDrop(tenant=stage.TENANT, thread_id=stage.THREAD_ID, file_id="file-1")
    assert services.drops.wait(drop)
    write, until = Table.write, services.now() + 45

    def write_twice(table: Table, change: Write) -> Item:
        write(table, change)
        return write(table, change)

    monkeypatch.setattr(Table, "write", write_twice)

    assert services.drops.claim(drop, until=until)
    assert not services.drops.claim(drop, until=until)
