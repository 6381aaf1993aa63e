"""The conditions that the control API can wait for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from local.provider.errors import bad_request
from local.provider.gates import STAGES

if TYPE_CHECKING:
    from local.provider.state import Provider


def condition(provider: Provider, query: Mapping[str, str]) -> Callable[[], bool]:
    """What a query waits for.

    - `requests=N` with `method`, `path`, `since`: so many requests were answered
    - `response=ID&status=A,B`: that response has one of the statuses
    - `responses=N&status=A,B`: so many kept responses have one of the statuses
    - `parked=N` with `stage`: so many responses wait at the gates
    - `objects=N` with `kind`, `action`, `id`, `since`: so many events of objects
    - `deliveries=N` with `state`: so many webhook deliveries
    - `idle=1`: no response is unfinished, no delivery is on its way
    """
    statuses = set(query.get("status", "").split(","))
    since = int(query.get("since", 0))
    if "response" in query:
        return lambda: _has_status(provider, query["response"], statuses)
    if "responses" in query:
        wanted = int(query["responses"])
        return lambda: (
            sum(
                count
                for status, count in provider.responses.by_status().items()
                if status in statuses
            )
            >= wanted
        )
    if "requests" in query:
        wanted = int(query["requests"])
        method, path = query.get("method"), query.get("path")
        return lambda: (
            len(provider.ledger.requests(method=method, path=path, since=since)) >= wanted
        )
    if "parked" in query:
        wanted = int(query["parked"])
        stages = [s for s in STAGES if query.get("stage") in (None, s)]
        return lambda: sum(len(provider.gates.parked(stage)) for stage in stages) >= wanted
    if "objects" in query:
        wanted = int(query["objects"])
        kind, action, object_id = query.get("kind"), query.get("action"), query.get("id")
        return lambda: (
            len(provider.ledger.events(kind=kind, action=action, object_id=object_id, since=since))
            >= wanted
        )
    if "deliveries" in query:
        wanted, state = int(query["deliveries"]), query.get("state")
        return lambda: (
            sum(state in (None, delivery.state) for delivery in provider.deliveries.log()) >= wanted
        )
    if "idle" in query:
        return lambda: not provider.responses.unfinished() and not provider.deliveries.pending()
    raise bad_request("Say what to wait for.")


def _has_status(provider: Provider, response_id: str, statuses: set[str]) -> bool:
    response = provider.responses.find(response_id)
    return response is not None and response.status in statuses
