"""Authentication: the caller whose API key or token a request carries."""

from collections.abc import Mapping
from weakref import WeakKeyDictionary

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
"""How long a key is accepted without reading it again; a revoked key works that much longer."""

REJECTED_SECONDS = 10
"""How long a key is rejected without reading it again; a new key works that much later, at most."""

MAX_REMEMBERED = 1000

WHERE_KEYS_COME_FROM = (
    "The operator of this deployment creates its API keys; keys of OpenAI are not valid here."
)
MISSING = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header "
    "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY). " + WHERE_KEYS_COME_FROM
)


class RememberedKeys:
    """A cache of accepted and rejected keys, by their hash, so that most requests read no key.

    Rejected keys are kept apart: a flood of wrong keys must not displace the right ones.
    """

    def __init__(self) -> None:
        self._callers: dict[str, tuple[float, Caller]] = {}
        self._rejected: dict[str, float] = {}

    def caller(self, digest: str, now: float) -> Caller | None:
        """Returns the caller of an accepted key."""
        until, caller = self._callers.get(digest, (0.0, None))
        return caller if now < until else None

    def is_rejected(self, digest: str, now: float) -> bool:
        return now < self._rejected.get(digest, 0.0)

    def accept(self, digest: str, caller: Caller, until: float) -> None:
        if len(self._callers) >= MAX_REMEMBERED:
            self._callers.clear()
        self._callers[digest] = (until, caller)

    def reject(self, digest: str, until: float) -> None:
        if len(self._rejected) >= MAX_REMEMBERED:
            self._rejected.clear()
        self._rejected[digest] = until


_remembered: WeakKeyDictionary[Services, RememberedKeys] = WeakKeyDictionary()


def caller_of(services: Services, headers: Mapping[str, str]) -> Caller:
    """Returns the caller. Raises AuthenticationError for no key and for an unknown one.

    Keys are random and looked up by their hash, so no comparison has to take constant time.
    """
    key = _key_in(headers)
    if key is None:
        raise AuthenticationError(MISSING)
    remembered = _remembered.setdefault(services, RememberedKeys())
    digest, now = digest_of(key), services.now()
    known = remembered.caller(digest, now)
    if known is not None:
        return known
    if remembered.is_rejected(digest, now):
        raise _incorrect(key)
    if services.settings.jwt_issuer and is_token(key):
        found, until = _of_token(services, key)
    else:
        found, until = services.api_keys.find(digest), now + KNOWN_SECONDS
    if found is None:
        remembered.reject(digest, now + REJECTED_SECONDS)
        raise _incorrect(key)
    tools = settle_server_tools(found.server_tools, services.settings.switched_on_tools)
    caller = Caller(
        tenant=found.tenant,
        server_tools=tuple(tools),
        forwards=tuple(found.forwards),
        may_approve=found.may_approve,
        key_digest=found.digest,
        limits=settle_limits(found.limits, services.settings.default_budgets),
        receiver=found.receiver,
        multitask_strategy=found.multitask_strategy,
    )
    remembered.accept(digest, caller, until)
    return caller


def _key_in(headers: Mapping[str, str]) -> str | None:
    """Returns the key of a request: a bearer key, or `api-key`, which Azure's clients send."""
    key = bearer_of(headers.get("authorization"))
    return key or bearer_of(f"Bearer {headers.get('api-key') or ''}")


def _incorrect(key: str) -> AuthenticationError:
    return AuthenticationError(
        f"Incorrect API key provided: {masked(key)}. {WHERE_KEYS_COME_FROM}", code="invalid_api_key"
    )


def _of_token(services: Services, token: str) -> tuple[ApiKey | None, float]:
    """Returns the caller that a token names, and until when the result may be cached.

    The caller has the permissions and budgets of the tenant's newest valid key; a tenant without a
    valid key is unknown. Rates are counted for each subject.
    """
    bearer = services.tokens.bearer_of(token)
    newest = newest_valid(services.api_keys.of_tenant(bearer.tenant))
    until = min(services.now() + KNOWN_SECONDS, bearer.expires_at)
    if newest is None:
        return None, until
    subject = digest_of(f"{bearer.tenant}/{bearer.subject}")
    return newest.model_copy(update={"digest": subject}), until
