"""What lies at the provider and belongs to nobody."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from understudy.domain.files import UNUSED_SECONDS, File
from understudy.files.vector_stores import open_store, promise_store
from understudy.services import Services

from functions.sweep_files.app import handler
from tests.fakes.provider_files import MemoryAccount
from tests.unit import stage
from tests.unit.conftest import StandingClock

HOURS = 3600
Sweep = Callable[[str], dict[str, Any]]


@pytest.fixture
def account(services: Services) -> MemoryAccount:
    """An account with an orphan of each kind and one of each that is somebody's."""
    made = MemoryAccount().serve(services)
    services.provider_files.upload("orphan.csv", "assistants", io.BytesIO(b"12345"))
    sent = services.provider_files.upload("ours.csv", "assistants", io.BytesIO(b"1"))
    services.files.put_new(
        File(
            id="file-ours",
            tenant="acme",
            filename="ours.csv",
            purpose="assistants",
            bytes=1,
            created_at=made.now,
            provider_id=sent.id,
        )
    )
    open_store(services, promise_store(services, tenant="acme", wanted={}))
    made.stores["vs_orphan"] = {"id": "vs_orphan", "usage_bytes": 10 * 1024**3}
    for store in made.stores.values():
        store["created_at"] = made.now
    made.done.clear()
    return made


@pytest.fixture
def sweep(services: Services, load_event: Callable[[str, str], Any]) -> Sweep:
    """Hands a sample event to the function."""
    return lambda case: handler(load_event("sweep_files", case), stage.Context(), services)


def test_a_dry_run_reports_and_removes_nothing(
    account: MemoryAccount, sweep: Sweep, clock: StandingClock
) -> None:
    """Number, size and monthly cost of what has no owner: 10 GiB are 30 dollars."""
    clock.advance(2 * HOURS)

    found = sweep("dry_run")

    assert found == {
        "files": 1,
        "file_bytes": 5,
        "vector_stores": 1,
        "vector_store_bytes": 10 * 1024**3,
        "monthly_usd": 30.0,
        "expired": 0,
        "removed": False,
    }
    assert account.done == []


def test_orphans_are_removed_when_told_to(
    account: MemoryAccount, sweep: Sweep, clock: StandingClock
) -> None:
    """What has an owner stays."""
    clock.advance(2 * HOURS)

    assert sweep("remove")["removed"]
    assert [file.filename for file, _ in account.files.values()] == ["ours.csv"]
    assert "vs_orphan" not in account.stores
    assert len(account.stores) == 1


def test_what_is_young_may_be_on_its_way(account: MemoryAccount, sweep: Sweep) -> None:
    """Between the provider's answer and our record nothing is an orphan yet."""
    assert sweep("remove")["files"] == 0
    assert len(account.files) == 2


def test_a_file_that_nobody_uses_goes_after_a_month(
    services: Services, account: MemoryAccount, sweep: Sweep, clock: StandingClock
) -> None:
    """The schedule removes it, and no orphan; a file in use stays however old it is."""
    clock.advance(UNUSED_SECONDS)
    services.file_uses.add("acme", "asst_1", {"file-ours": []})
    assert sweep("scheduled")["expired"] == 0
    services.file_uses.release("acme", "asst_1", "file-ours")

    assert sweep("scheduled")["expired"] == 1
    assert services.files.get("acme", "file-ours") is None
    assert [file.filename for file, _ in account.files.values()] == ["orphan.csv"]
