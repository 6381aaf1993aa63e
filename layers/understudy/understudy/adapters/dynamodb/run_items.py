"""How a run is stored as an item, and the conditions on its status."""

import json
from collections.abc import Sequence

from understudy.adapters.dynamodb.table import Item
from understudy.domain.runs import Run, RunStatus

BODY_FIELDS = {"config"}
JSON_FIELDS = {"metadata", "usage", "last_error", "failure", "budget", "receiver", "waiting"}

NOT_SHOWN = " AND (attribute_not_exists(shown_response_id) OR shown_response_id <> :response)"
"""A condition: no client has received anything of the response `:response`."""


def read_run(item: Item, body: Item) -> Run:
    """Returns the run of an item and its body."""
    fields = {name: value for name, value in item.items() if name not in JSON_FIELDS}
    for name in JSON_FIELDS & item.keys():
        fields[name] = json.loads(item[name])
    return Run.model_validate({**fields, **body, "status": item["run_status"]})


def run_attributes(run: Run) -> Item:
    """Returns the attributes of a run's item, without its keys and its body.

    Defaults are left out, because every write is billed by the size of the item. `status` is a
    reserved word in DynamoDB's expressions, so its attribute is `run_status`.
    """
    fields = run.model_dump(mode="json", exclude=BODY_FIELDS | {"status"}, exclude_defaults=True)
    fields["run_status"] = str(run.status)
    for name in JSON_FIELDS & fields.keys():
        fields[name] = json.dumps(fields[name], separators=(",", ":"))
    return fields


def status_in(statuses: Sequence[RunStatus]) -> str:
    """Returns the condition that a run has one of the statuses."""
    return f"run_status IN ({', '.join(f':is_{status}' for status in statuses)})"


def status_values(statuses: Sequence[RunStatus]) -> Item:
    """Returns the values of the condition."""
    return {f":is_{status}": str(status) for status in statuses}
