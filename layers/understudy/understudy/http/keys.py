"""Who calls: the tenant behind the key in the `Authorization` header."""

from understudy.actions.start_run import Caller
from understudy.bootstrap import Services
from understudy.domain.api_keys import bearer_of, digest_of, masked, settle_server_tools
from understudy.errors import AuthenticationError

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
    if known is not None and now - known[0] < KNOWN_SECONDS:
        return known[1]
    found = services.api_keys.find(digest)
    if found is None:
        raise AuthenticationError(
            f"Incorrect API key provided: {masked(key)}.", code="invalid_api_key"
        )
    tools = settle_server_tools(found.server_tools, services.settings.switched_on_tools)
    caller = Caller(found.tenant, tuple(tools), found.may_approve, digest, found.limits)
    if len(_known) >= MAX_KNOWN:
        _known.clear()
    _known[id(services), digest] = (now, caller)
    return caller
