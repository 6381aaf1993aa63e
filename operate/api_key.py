"""The API keys of a tenant: made, listed, revoked, given a webhook.

    python -m operate.api_key create acme --name "web shop" --tools query_database
    python -m operate.api_key list acme
    python -m operate.api_key revoke acme 3f2a91c04b7d
    python -m operate.api_key webhook acme 3f2a91c04b7d https://shop.example.com/runs
    python -m operate.api_key webhook acme 3f2a91c04b7d ""

A key is shown once, when it is made; the table keeps its hash. A revoked key is refused after a
minute at the latest. The fourth command has the ends of the key's runs posted to a URL, and shows
the secret that they are signed with; said again, it gives a new one. The last ends that.
"""

import argparse
import sys
from datetime import UTC, datetime

from understudy.domain.api_keys import RESERVED_TENANTS, ApiKey, digest_of, is_tenant, new_key
from understudy.domain.receivers import new_receiver, signing_secret, url_problem
from understudy.services import Services

from operate.deployment import add_arguments, services_of

SHOWN = 12
"""Characters of a hash that stand for it; 48 bits tell the keys of a tenant apart."""


class ApiKeyError(Exception):
    """What was asked for cannot be done; the text says why."""


def create(
    services: Services, tenant: str, name: str, tools: list[str], *, may_approve: bool = False
) -> str:
    """A new key of the tenant, with the limits that its other keys have.

    Raises ApiKeyError for a name that could not be part of a key in the table.
    """
    if not is_tenant(tenant):
        raise ApiKeyError(
            "A tenant's name has letters, digits, '.', '_' and '-', 64 at most, "
            f"and is not {' or '.join(RESERVED_TENANTS)!r}."
        )
    limits = [key.limits for key in services.api_keys.of_tenant(tenant) if not key.revoked]
    key = new_key()
    made = ApiKey(
        digest=digest_of(key),
        tenant=tenant,
        name=name,
        created_at=int(services.now()),
        server_tools=tools,
        may_approve=may_approve,
        limits=limits[-1] if limits else None,
    )
    services.api_keys.put(made)
    return key


def listed(services: Services, tenant: str) -> list[str]:
    """A line for each key of the tenant."""
    lines = []
    for key in services.api_keys.of_tenant(tenant):
        made = datetime.fromtimestamp(key.created_at, UTC).strftime("%Y-%m-%d %H:%M")
        state = "revoked" if key.revoked else "valid"
        approves = "  approves" if key.may_approve else ""
        told = f"  {key.receiver.url}" if key.receiver else ""
        lines.append(f"{key.digest[:SHOWN]}  {made}  {state:7}  {key.name}{approves}{told}")
    return lines


def revoke(services: Services, tenant: str, beginning: str) -> None:
    """Revokes the key whose hash begins so. Raises ApiKeyError unless it is exactly one."""
    key = _found(services, tenant, beginning)
    services.api_keys.put(key.model_copy(update={"revoked": True}))


def set_webhook(services: Services, tenant: str, beginning: str, url: str) -> str | None:
    """Has the ends of the key's runs posted to the URL; the secret that they are signed with.

    An empty URL ends that. Raises ApiKeyError unless exactly one key begins so, and for a URL that
    is not fit for it.
    """
    key = _found(services, tenant, beginning)
    if not url:
        services.api_keys.put(key.model_copy(update={"receiver": None}))
        return None
    problem = url_problem(url, loopback=services.settings.receiver_loopback)
    if problem is not None:
        raise ApiKeyError(problem)
    receiver = new_receiver(url)
    secret = signing_secret(services.receiver_secret(), receiver)
    services.api_keys.put(key.model_copy(update={"receiver": receiver}))
    return secret


def _found(services: Services, tenant: str, beginning: str) -> ApiKey:
    keys = services.api_keys.of_tenant(tenant)
    found = [key for key in keys if beginning and key.digest.startswith(beginning)]
    if len(found) != 1:
        raise ApiKeyError(f"{len(found)} keys of {tenant} begin with {beginning!r}.")
    return found[0]


def main(arguments: list[str]) -> int:
    """0, or 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="python -m operate.api_key")
    parser.add_argument("action", choices=["create", "list", "revoke", "webhook"])
    parser.add_argument("tenant")
    parser.add_argument("hash", nargs="?", default="", help="of the key: its beginning")
    parser.add_argument("url", nargs="?", default="", help="where the ends of its runs are posted")
    parser.add_argument("--name", default="", help="what the key is for")
    parser.add_argument("--tools", default="*", help="server tools it may run; * is all")
    parser.add_argument(
        "--may-approve", action="store_true", help="decides calls of tools that need approval"
    )
    add_arguments(parser)
    given = parser.parse_args(arguments)
    services = services_of(given)
    try:
        if given.action == "create":
            tools = [name.strip() for name in given.tools.split(",") if name.strip()]
            made = create(services, given.tenant, given.name, tools, may_approve=given.may_approve)
            print(made)
        elif given.action == "list":
            print("\n".join(listed(services, given.tenant)) or f"{given.tenant} has no keys.")
        elif given.action == "webhook":
            secret = set_webhook(services, given.tenant, given.hash, given.url)
            print(secret or "Nothing is posted for new runs of this key any more.")
        else:
            revoke(services, given.tenant, given.hash)
            print("Revoked; it is refused within a minute.")
    except ApiKeyError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
