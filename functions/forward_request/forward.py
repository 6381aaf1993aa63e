"""Forwards requests to the provider with the deployment's key, within budgets, and counts them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from understudy.domain.budgets import RunBudget
from understudy.domain.callers import Caller
from understudy.domain.prices import PriceTable
from understudy.domain.usage import RoundUsage, UsageRow, day_of, run_totals
from understudy.errors import (
    NotFoundError,
    PermissionDeniedError,
    ProviderNotFoundError,
    UnderstudyError,
)
from understudy.observability import logger

from .requests import Prepared
from .usage import UsageReader

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.owned_responses import OwnedResponses
    from understudy.adapters.dynamodb.usage import Usage
    from understudy.adapters.openai.forwarding import ForwardedBody, ForwardedRequests
    from understudy.runs.limits import UsageLimits

UNKNOWN_RESPONSE = "Response with id '{}' not found."
NOT_OFFERED = "The model's provider has no endpoint '{}'."
NOT_ALLOWED = "This API key may not use '{}'. The operator of this deployment can allow it."
ALL = "*"


@dataclass(frozen=True)
class Forwarder:
    """Forwards requests of one caller after another. `now` returns Unix seconds."""

    requests: "ForwardedRequests"
    responses: "OwnedResponses"
    limits: "UsageLimits"
    usage: "Usage"
    prices: Callable[[], PriceTable]
    now: Callable[[], float]

    def create(
        self,
        caller: Caller,
        path: str,
        request: Prepared,
        *,
        request_id: str,
        form: tuple[str, bytes] | None = None,
    ) -> "ForwardedBody":
        """Returns the provider's response; its pieces count the request when they end.

        Raises PermissionDeniedError, LimitExceededError, NotFoundError for a previous response that
        the caller's tenant does not have, and ProviderErrors.
        """
        check_allowed(caller, path)
        if request.previous_response_id is not None:
            self._check_owner(caller.tenant, request.previous_response_id, "previous_response_id")
        budget = None
        if caller.limits is not None:
            budget = self.limits.hold(
                tenant=caller.tenant, user_id=request.user_id, limits=caller.limits
            )
        try:
            body = self.requests.send("POST", path, json=request.json, form=form)
        except UnderstudyError as error:  # nothing was billed
            self.limits.release(caller.tenant, budget)
            raise _named(error, path) from error
        pieces = self._counted(caller.tenant, path, request, budget, body, request_id)
        return type(body)(body.status, body.headers, pieces)

    def of_response(
        self, caller: Caller, method: str, response_id: str, below: str, query: Mapping[str, str]
    ) -> "ForwardedBody":
        """Returns what the provider has of a response that this tenant created.

        Raises NotFoundError for any other response, and ProviderErrors.
        """
        check_allowed(caller, "/responses")
        self._check_owner(caller.tenant, response_id, "response_id")
        path = f"/responses/{response_id}{below}"
        try:
            return self.requests.send(method, path, query=query)
        except ProviderNotFoundError as error:
            missing = UNKNOWN_RESPONSE.format(response_id)
            raise NotFoundError(missing, param="response_id") from error

    def _check_owner(self, tenant: str, response_id: str, param: str) -> None:
        if not self.responses.belongs(tenant, response_id):
            raise NotFoundError(UNKNOWN_RESPONSE.format(response_id), param=param)

    def _counted(
        self,
        tenant: str,
        path: str,
        request: Prepared,
        budget: RunBudget | None,
        body: "ForwardedBody",
        request_id: str,
    ) -> Iterator[bytes]:
        """Yields the body. Counts the request at its end, also if the client closes it early.

        A response is recorded as its tenant's before the client can know its id.
        """
        reader = UsageReader(path, request.model)
        try:
            if body.is_event_stream:
                for line in reader.events(body.pieces, hide_usage=request.adds_usage):
                    yield from self._recorded(tenant, request, reader, line)
            elif body.headers.get("content-type", "").startswith("application/json"):
                whole = reader.whole(b"".join(body.pieces))
                yield from self._recorded(tenant, request, reader, whole)
            else:
                yield from body.pieces
        finally:
            self._count(tenant, path, request, budget, reader, request_id)

    def _recorded(
        self, tenant: str, request: Prepared, reader: UsageReader, piece: bytes
    ) -> Iterator[bytes]:
        if request.is_stored and reader.response_id is not None:
            self.responses.add(tenant, reader.response_id)
            reader.response_id = None
        yield piece

    def _count(
        self,
        tenant: str,
        path: str,
        request: Prepared,
        budget: RunBudget | None,
        reader: UsageReader,
        request_id: str,
    ) -> None:
        used = [self._priced(reader.found)] if reader.found else []
        totals = run_totals(used)
        if not used:  # the client closed it early, or the provider reports no usage here
            totals = totals.model_copy(update={"unknown_cost_runs": 1})
        row = UsageRow(
            day=day_of(self.now()),
            user_id=request.user_id,
            assistant_id=path,
            model=used[-1].model if used else request.model,
            totals=totals,
        )
        settled = budget.settlement(used) if budget and used else {}
        self.usage.count_request(tenant, request_id, row, settled)
        logger.info("request_forwarded", path=path, model=row.model, cost_known=bool(used))

    def _priced(self, used: RoundUsage) -> RoundUsage:
        return used if used.cost_usd is not None else self.prices().priced(used)


def check_allowed(caller: Caller, path: str) -> None:
    """Raises PermissionDeniedError for a path that the caller's key does not permit.

    Keys permit all, none, or the first words of paths such as `chat` or `embeddings`.
    """
    kind = path.split("/")[1]
    if ALL not in caller.forwards and kind not in caller.forwards:
        raise PermissionDeniedError(NOT_ALLOWED.format(kind))


def _named(error: UnderstudyError, path: str) -> UnderstudyError:
    """Returns a NotFoundError for an endpoint that the provider does not have."""
    if isinstance(error, ProviderNotFoundError):
        return NotFoundError(NOT_OFFERED.format(path), code="unknown_url")
    return error
