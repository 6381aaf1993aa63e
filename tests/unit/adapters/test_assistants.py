"""Assistants in the table that are changed while they are read."""

from typing import Any

import pytest
from understudy.adapters.dynamodb import bodies
from understudy.domain.assistants import AssistantChange
from understudy.domain.lists import PageRequest
from understudy.errors import NoSuchObjectError, StorageUnavailableError
from understudy.services import Services

from tests.unit import stage

ERRORS = [NoSuchObjectError("get_object: NoSuchKey"), StorageUnavailableError("AccessDenied")]


@pytest.fixture
def changed_while_read(
    services: Services, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """The large body is replaced between the reads of item and body.

    A role without s3:ListBucket gets "access denied" for the old body, which is deleted.
    """
    monkeypatch.setattr(bodies, "LARGE", 10)
    assistant = stage.put_assistant(services, name="old")
    get, pending = services.objects.get, [request.param]

    def racing(key: str) -> bytes:
        if pending:
            error = pending.pop()
            services.assistants.change(assistant.changed(AssistantChange(name="new")))
            raise error
        return get(key)

    monkeypatch.setattr(services.objects, "get", racing)


@pytest.mark.parametrize("changed_while_read", ERRORS, indirect=True)
@pytest.mark.usefixtures("changed_while_read")
def test_assistant_that_is_changed_while_it_is_read_is_read_again(services: Services) -> None:
    """The new version is returned."""
    found = services.assistants.get(stage.TENANT, stage.ASSISTANT_ID)

    assert found is not None
    assert found.fields.name == "new"


@pytest.mark.parametrize("changed_while_read", ERRORS, indirect=True)
@pytest.mark.usefixtures("changed_while_read")
def test_list_with_a_changed_assistant_shows_the_new_version(services: Services) -> None:
    """A list reads the bodies after the items, too."""
    [found] = services.assistants.page(stage.TENANT, PageRequest()).items

    assert found.fields.name == "new"


def test_error_for_an_unchanged_assistant_is_raised(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not taken for a change."""
    monkeypatch.setattr(bodies, "LARGE", 10)
    stage.put_assistant(services)

    def unavailable(key: str) -> Any:
        raise StorageUnavailableError("SlowDown")

    monkeypatch.setattr(services.objects, "get", unavailable)

    with pytest.raises(StorageUnavailableError):
        services.assistants.get(stage.TENANT, stage.ASSISTANT_ID)


def test_assistant_that_is_deleted_while_it_is_listed_is_left_out(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list shows the others."""
    monkeypatch.setattr(bodies, "LARGE", 10)
    stage.put_assistant(services)

    def racing(key: str) -> Any:
        services.assistants.delete(stage.TENANT, stage.ASSISTANT_ID)
        raise StorageUnavailableError("AccessDenied")

    monkeypatch.setattr(services.objects, "get", racing)

    assert services.assistants.page(stage.TENANT, PageRequest()).items == []
