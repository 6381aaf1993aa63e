"""Who calls: the tenant behind the key in the `Authorization` header."""

from understudy.domain.api_keys import (
    ApiKey,
    bearer_of,
    digest_of,
    masked,
    newest_valid,
    settle_server_tools,
)
from understudy.domain.budgets import settle_limits
from understudy.domain.callers import Caller
from understudy.domain.tokens import is_token
from understudy.errors import AuthenticationError
from understudy.services import Services

KNOWN_SECONDS = 60
"""How long a key that was found is believed without looking again: a revoked key lives so long."""

MAX_KNOWN = 1000
_known: dict[tuple[int, str], tuple[float, Caller]] = {}

MISSING = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header "
    "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
)


def caller_of(services: Services, header: str | None) -> Caller:
    """The caller. Raises AuthenticationError for no key, and for one that nobody owns.

    Keys are random and looked up by their hash, so there is nothing to compare in constant time.
    """
    key = bearer_of(header)
    if key is None:
        raise AuthenticationError(MISSING)
    digest, now = digest_of(key), services.now()
    known = _known.get((id(services), digest))
    if known is not None and now < known[0]:
        return known[1]
    if services.settings.jwt_issuer and is_token(key):
        found, until = _of_token(services, key)
    else:
        found, until = services.api_keys.find(digest), now + KNOWN_SECONDS
    if found is None:
        raise AuthenticationError(
            f"Incorrect API key provided: {masked(key)}.", code="invalid_api_key"
        )
    tools = settle_server_tools(found.server_tools, services.settings.switched_on_tools)
    caller = Caller(
        tenant=found.tenant,
        server_tools=tuple(tools),
        may_approve=found.may_approve,
        key_digest=found.digest,
        limits=settle_limits(found.limits, services.settings.default_budgets),
        receiver=found.receiver,
    )
    if len(_known) >= MAX_KNOWN:
        _known.clear()
    _known[id(services), digest] = (until, caller)
    return caller


def _of_token(services: Services, token: str) -> tuple[ApiKey | None, float]:
    """What the bearer of a token may do, and until when that is believed.

    It is what the newest valid key of the tenant may do, budgets included: a tenant is made, and
    ended, by its keys. Rates are counted for each subject.
    """
    bearer = services.tokens.bearer_of(token)
    newest = newest_valid(services.api_keys.of_tenant(bearer.tenant))
    until = min(services.now() + KNOWN_SECONDS, bearer.expires_at)
    if newest is None:
        return None, until
    subject = digest_of(f"{bearer.tenant}/{bearer.subject}")
    return newest.model_copy(update={"digest": subject}), until
