"""`understudy api-key`: creates, lists, changes and revokes the API keys of a tenant.

    understudy api-key create acme --name "web shop" --tools query_database
    understudy api-key list acme
    understudy api-key revoke acme 3f2a91c04b7d
    understudy api-key webhook acme 3f2a91c04b7d https://shop.example.com/runs
    understudy api-key webhook acme 3f2a91c04b7d --remove
    understudy api-key multitask acme 3f2a91c04b7d enqueue

A key is printed once, when it is created; the table keeps its hash. A revoked key is rejected after
a minute at the latest. `webhook` posts the ends of the key's runs to a URL and prints the secret
that the requests are signed with; each use creates a new secret. `multitask` sets what a message or
a run of the key does on a thread whose run is still open.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import click
from understudy.domain.api_keys import RESERVED_TENANTS, ApiKey, digest_of, is_tenant, new_key
from understudy.domain.receivers import new_receiver, signing_secret, url_problem
from understudy.domain.run_queue import MultitaskStrategy
from understudy.services import Services

from operate.deployment import Deployment, Result, on_deployment
from operate.failures import CommandError

SHOWN = 12
"""Characters of a hash that identify a key; 48 bits are enough for the keys of a tenant."""


class ApiKeyError(CommandError):
    """A key cannot be created or changed like this; the text says why."""


def create(
    services: Services,
    tenant: str,
    name: str,
    tools: list[str],
    *,
    forwards: Sequence[str] = ("*",),
    may_approve: bool = False,
    strategy: MultitaskStrategy = MultitaskStrategy.REJECT,
) -> str:
    """Stores and returns a new key of the tenant, with the limits of the tenant's other keys.

    Raises ApiKeyError for a tenant's name that cannot be part of a key in the table.
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
        forwards=list(forwards),
        may_approve=may_approve,
        limits=limits[-1] if limits else None,
        multitask_strategy=strategy,
    )
    services.api_keys.put(made)
    return key


def listed(services: Services, tenant: str) -> list[str]:
    """Returns a line for each key of the tenant."""
    lines = []
    for key in services.api_keys.of_tenant(tenant):
        made = datetime.fromtimestamp(key.created_at, UTC).strftime("%Y-%m-%d %H:%M")
        state = "revoked" if key.revoked else "valid"
        approves = "  approves" if key.may_approve else ""
        strategy = key.multitask_strategy
        queue = "" if strategy is MultitaskStrategy.REJECT else f"  {strategy}"
        webhook = f"  {key.receiver.url}" if key.receiver else ""
        also = f"{approves}{queue}{webhook}"
        lines.append(f"{key.digest[:SHOWN]}  {made}  {state:7}  {key.name}{also}")
    return lines


def revoke(services: Services, tenant: str, beginning: str) -> None:
    """Revokes the key whose hash begins so. Raises ApiKeyError unless exactly one key matches."""
    key = _found(services, tenant, beginning)
    services.api_keys.put(key.model_copy(update={"revoked": True}))


def set_strategy(
    services: Services, tenant: str, beginning: str, strategy: MultitaskStrategy
) -> None:
    """Sets the key's default strategy for busy threads.

    Raises ApiKeyError unless exactly one key matches.
    """
    key = _found(services, tenant, beginning)
    services.api_keys.put(key.model_copy(update={"multitask_strategy": strategy}))


def set_webhook(services: Services, tenant: str, beginning: str, url: str) -> str | None:
    """Sets where the ends of the key's runs are posted, and returns the signing secret.

    An empty URL removes the webhook and returns None. Raises ApiKeyError unless exactly one key
    matches, and for a URL that is not allowed.
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
        raise ApiKeyError(
            f"{len(found)} keys of {tenant} begin with {beginning!r}; see understudy api-key list."
        )
    return found[0]


STRATEGIES = click.Choice([str(strategy) for strategy in MultitaskStrategy])


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


@click.group()
def command() -> None:
    """Create, list and revoke the API keys of a tenant, and change their settings."""


@command.command("create")
@click.argument("tenant")
@click.option("--name", default="", help="What the key is for.")
@click.option("--tools", default="*", help="Server-side tools it may run, with commas; * is all.")
@click.option(
    "--forward",
    default="*",
    help="Requests that are forwarded for it, such as chat,embeddings; '*' allows all, '' nothing.",
)
@click.option("--may-approve", is_flag=True, help="May decide calls of tools that need approval.")
@click.option(
    "--multitask-strategy",
    type=STRATEGIES,
    default="reject",
    help="What its messages and runs do on a thread whose run is still open.",
)
@click.option("--save", is_flag=True, help="Save the key in .local for `understudy ask`.")
@on_deployment
def create_command(
    deployment: Deployment,
    tenant: str,
    name: str,
    tools: str,
    forward: str,
    may_approve: bool,
    multitask_strategy: str,
    save: bool,
) -> Result:
    """Create a key and print it; it cannot be shown again."""
    key = create(
        deployment.services,
        tenant,
        name,
        _words(tools),
        forwards=_words(forward),
        may_approve=may_approve,
        strategy=MultitaskStrategy(multitask_strategy),
    )
    if save:
        deployment.save_key(key)
    return Result(key, {"tenant": tenant, "api_key": key, "hash": digest_of(key)[:SHOWN]})


@command.command("list")
@click.argument("tenant")
@on_deployment
def list_command(deployment: Deployment, tenant: str) -> Result:
    """List a tenant's keys by the beginning of their hash."""
    services = deployment.services
    text = "\n".join(listed(services, tenant)) or f"{tenant} has no keys."
    return Result(text, [_as_json(key) for key in services.api_keys.of_tenant(tenant)])


@command.command("revoke")
@click.argument("tenant")
@click.argument("hash_", metavar="HASH")
@on_deployment
def revoke_command(deployment: Deployment, tenant: str, hash_: str) -> Result:
    """Revoke the key whose hash begins with HASH."""
    revoke(deployment.services, tenant, hash_)
    return Result("Revoked; requests are rejected within a minute.", {"revoked": hash_})


@command.command("webhook")
@click.argument("tenant")
@click.argument("hash_", metavar="HASH")
@click.argument("url", required=False, default="")
@click.option("--remove", is_flag=True, help="Post nothing for new runs of the key any more.")
@on_deployment
def webhook_command(
    deployment: Deployment, tenant: str, hash_: str, url: str, remove: bool
) -> Result:
    """Post the ends of the key's runs to URL, and print the signing secret."""
    if bool(url) == remove:
        raise click.UsageError("Give a URL, or --remove.")
    secret = set_webhook(deployment.services, tenant, hash_, url)
    text = secret or "Nothing is posted for new runs of this key any more."
    return Result(text, {"url": url or None, "signing_secret": secret})


@command.command("multitask")
@click.argument("tenant")
@click.argument("hash_", metavar="HASH")
@click.argument("strategy", type=STRATEGIES)
@on_deployment
def multitask_command(deployment: Deployment, tenant: str, hash_: str, strategy: str) -> Result:
    """Set what the key's messages and runs do on a thread whose run is still open."""
    set_strategy(deployment.services, tenant, hash_, MultitaskStrategy(strategy))
    text = f"{strategy}, for requests from a minute on that do not choose a strategy themselves."
    return Result(text, {"multitask_strategy": strategy})


def _as_json(key: ApiKey) -> dict[str, object]:
    return {
        "hash": key.digest[:SHOWN],
        "name": key.name,
        "created_at": key.created_at,
        "revoked": key.revoked,
        "may_approve": key.may_approve,
        "multitask_strategy": str(key.multitask_strategy),
        "webhook": key.receiver.url if key.receiver else None,
    }
