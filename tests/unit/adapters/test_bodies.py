"""Bodies that are too large for an item."""

import pytest
from understudy.adapters.dynamodb import bodies
from understudy.bootstrap import Services

from tests.unit import stage


def test_a_write_that_is_refused_has_replaced_nothing(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The object in the bucket is written before the item, and the item may be refused."""
    monkeypatch.setattr(bodies, "LARGE", 10)
    stage.put_run(services)
    call = stage.put_call(services)

    assert services.tool_calls.answer(call, "the first")
    assert not services.tool_calls.answer(call, "the second")

    [stored] = services.tool_calls.of_run(stage.TENANT, stage.RUN_ID)
    assert stored.output == "the first"
