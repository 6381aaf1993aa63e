"""sweep_files reports and removes files and vector stores that are not needed at the provider."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from understudy.domain.files import UNUSED_SECONDS, File
from understudy.files.vector_stores import ensure_created, register_vector_store
from understudy.services import Services

from functions.sweep_files.app import handler
from tests.fakes.provider_files import MemoryAccount
from tests.unit import stage
from tests.unit.conftest import StandingClock

HOURS = 3600
Sweep = Callable[[str], dict[str, Any]]


@pytest.fixture
def account(services: Services) -> MemoryAccount:
    """An account with an orphan of each kind, and a file and a vector store with owners."""
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
    store = register_vector_store(
        services.vector_stores, services.file_uses, services.now, tenant="acme", creation_request={}
    )
    ensure_created(services.vector_stores, services.files, services.provider_vector_stores, store)
    made.stores["vs_orphan"] = {"id": "vs_orphan", "usage_bytes": 10 * 1024**3}
    for store in made.stores.values():
        store["created_at"] = made.now
    made.done.clear()
    return made


@pytest.fixture
def sweep(services: Services, load_event: Callable[[str, str], Any]) -> Sweep:
    """Invokes the function with a sample event."""
    return lambda case: handler(load_event("sweep_files", case), stage.Context(), services)


def test_dry_run_reports_and_removes_nothing(
    account: MemoryAccount, sweep: Sweep, clock: StandingClock
) -> None:
    """Number, size and monthly cost of orphans: 10 GiB cost 30 USD."""
    clock.advance(2 * HOURS)

    found = sweep("dry_run")

    assert found == {
        "files": 1,
        "file_bytes": 5,
        "vector_stores": 1,
        "vector_store_bytes": 10 * 1024**3,
        "monthly_usd": 30.0,
        "expired": 0,
        "unused": 0,
        "unused_bytes": 0,
        "removed": False,
        "removed_unused": False,
    }
    assert account.done == []


def test_remove_deletes_orphans_only(
    account: MemoryAccount, sweep: Sweep, clock: StandingClock
) -> None:
    """Files and vector stores with owners stay."""
    clock.advance(2 * HOURS)

    assert sweep("remove")["removed"]
    assert [file.filename for file, _ in account.files.values()] == ["ours.csv"]
    assert "vs_orphan" not in account.stores
    assert len(account.stores) == 1


def test_young_file_is_not_an_orphan(account: MemoryAccount, sweep: Sweep) -> None:
    """Its record may not be written yet."""
    assert sweep("remove")["files"] == 0
    assert len(account.files) == 2


def test_file_past_the_expiry_of_its_caller_is_removed_by_the_schedule(
    services: Services, account: MemoryAccount, sweep: Sweep, clock: StandingClock
) -> None:
    """Orphans stay."""
    file = services.files.get("acme", "file-ours")
    services.files.change(file, ends_at=int(clock()) + HOURS)
    assert sweep("scheduled")["expired"] == 0

    clock.advance(HOURS)

    assert sweep("scheduled")["expired"] == 1
    assert services.files.get("acme", "file-ours") is None
    assert [file.filename for file, _ in account.files.values()] == ["orphan.csv"]


def test_unused_file_is_reported_and_removed_on_request_only(
    services: Services, account: MemoryAccount, clock: StandingClock
) -> None:
    """The caller asked for no expiry, so the schedule and `remove` leave it."""
    clock.advance(UNUSED_SECONDS)
    services.file_uses.add("acme", "asst_1", {"file-ours": []})
    used = handler({}, stage.Context(), services)
    services.file_uses.release("acme", "asst_1", "file-ours")

    reported = handler({"expire": True, "remove": True}, stage.Context(), services)
    kept = services.files.get("acme", "file-ours")
    removed = handler({"remove_unused": True}, stage.Context(), services)

    assert (used["unused"], reported["unused"], reported["unused_bytes"]) == (0, 1, 1)
    assert kept is not None
    assert removed["removed_unused"]
    assert services.files.get("acme", "file-ours") is None
