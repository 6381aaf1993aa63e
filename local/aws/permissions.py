"""IAM for the functions and the state machine: refuses calls that their roles do not allow."""

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from local.aws.calls import Call
from local.aws.needs import Need, need_to_see_absence, needs_of

_ERRORS = {"s3": ("AccessDenied", 403)}
_OTHER_ERROR = ("AccessDeniedException", 400)
_KNOWN_CONDITIONS = {
    ("ForAllValues:StringLike", "dynamodb:LeadingKeys"),
    ("StringLike", "s3:prefix"),
}


@dataclass(frozen=True)
class Grant:
    """One action on one resource that a role allows.

    `keys` are the partition keys or the prefixes that its condition allows; empty allows all.
    """

    caller: str
    action: str
    resource: str
    keys: tuple[str, ...] = ()

    def covers(self, need: Need) -> bool:
        """Returns whether this allows the need; a need with a wildcard matches what overlaps."""
        return (
            _like(self.action.lower(), need.action.lower())
            and (_like(self.resource, need.resource) or _like(need.resource, self.resource))
            and (not self.keys or all(self._has(named) for named in need.keys))
        )

    def _has(self, named: str) -> bool:
        return any(_like(key, named) for key in self.keys)


@dataclass(frozen=True)
class Use:
    """A grant that a call needed, and the key of its condition that matched."""

    grant: Grant
    key: str = ""


@dataclass(frozen=True)
class Refusal:
    """The error for a call that its caller's role does not allow."""

    code: str
    status: int
    message: str


class Permissions:
    """The roles of a deployment, by caller: the logical id of a function, or "states"."""

    def __init__(self, statements: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Raises ValueError for statements with an unsupported effect or condition."""
        self._grants = {
            caller: list(_grants(caller, given)) for caller, given in statements.items()
        }
        self._lock = threading.Lock()
        self._used: set[Use] = set()

    @property
    def granted(self) -> set[Use]:
        """Returns everything that the roles allow."""
        grants = [grant for given in self._grants.values() for grant in given]
        return {Use(grant, key) for grant in grants for key in grant.keys or ("",)}

    @property
    def used(self) -> set[Use]:
        """Returns what calls have needed so far."""
        with self._lock:
            return set(self._used)

    def refusal(self, call: Call) -> Refusal | None:
        """Returns None for an allowed call. Callers outside the deployment may do anything."""
        refusals = (self._refused(call, need) for need in needs_of(call))
        return next(filter(None, refusals), None)

    def refusal_of_absence(self, call: Call) -> Refusal | None:
        """Returns None if the caller may learn that the object it names does not exist."""
        need = need_to_see_absence(call)
        return self._refused(call, need) if need else None

    def _refused(self, call: Call, need: Need) -> Refusal | None:
        grants = self._grants.get(call.caller.name)
        if grants is None:
            return None
        covering = [grant for grant in grants if grant.covers(need)]
        if not covering:
            code, status = _ERRORS.get(call.service, _OTHER_ERROR)
            keys = f" with the keys {', '.join(need.keys)}" if need.keys else ""
            message = f"{call.caller.name} may not {need.action} on {need.resource}{keys}"
            return Refusal(code, status, message)
        with self._lock:
            self._used.update(use for grant in covering for use in _uses(grant, need))
        return None


def _uses(grant: Grant, need: Need) -> Iterator[Use]:
    if not grant.keys:
        yield Use(grant)
    for key in grant.keys:
        if any(_like(key, named) for named in need.keys):
            yield Use(grant, key)


def _grants(caller: str, statements: Sequence[Mapping[str, Any]]) -> Iterator[Grant]:
    for statement in statements:
        if statement["Effect"] != "Allow":
            raise ValueError(f"{caller}: only the effect Allow is supported")
        keys = _keys(caller, statement.get("Condition", {}))
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                yield Grant(caller, action, resource, keys)


def _keys(caller: str, condition: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    given = [(operator, key) for operator, tests in condition.items() for key in tests]
    if not given:
        return ()
    if len(given) == 1 and given[0] in _KNOWN_CONDITIONS:
        operator, key = given[0]
        return tuple(_listed(condition[operator][key]))
    raise ValueError(f"{caller}: unsupported conditions: {given}")


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def _like(pattern: str, text: str) -> bool:
    return _pattern(pattern).fullmatch(text) is not None
