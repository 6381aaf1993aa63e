"""`understudy webhook`: registers the deployment's webhook endpoint at the provider.

    OPENAI_API_KEY=… understudy webhook register
    OPENAI_API_KEY=… understudy webhook rotate
    OPENAI_API_KEY=… understudy webhook show

The key belongs to the project that the deployment creates responses in; `OPENAI_BASE_URL` is used
if it is set. The signing secret goes from the provider into Secrets Manager and is never printed.
Functions read it again within five minutes; after a rotation the old one is valid for 24 hours.
"""

import os
from collections.abc import Callable
from typing import Any

import boto3
import click
import openai
from understudy.domain.webhooks import ENDINGS

from operate.deployment import Deployment, Result, on_deployment
from operate.failures import CommandError

NAME = "Understudy"


class WebhookError(CommandError):
    """The endpoint cannot be changed like this; the text says why and what to do."""


def register(base_url: str, key: str, url: str) -> str:
    """Creates an endpoint for the events that end a response, and returns its signing secret.

    Raises WebhookError if this URL has one already: the provider returns a secret only when an
    endpoint is created or its secret is rotated.
    """
    with openai.OpenAI(base_url=base_url, api_key=key) as client:
        if _endpoint(client, url) is not None:
            raise WebhookError(f"{url} is registered already; use rotate for a new secret.")
        made = client.webhooks.create(name=NAME, url=url, event_types=sorted(ENDINGS))  # type: ignore[arg-type]
        return made.signing_secret


def rotate(base_url: str, key: str, url: str) -> str:
    """Returns a new signing secret for the endpoint; the old one is valid for 24 hours more.

    Raises WebhookError if there is no endpoint for this URL.
    """
    with openai.OpenAI(base_url=base_url, api_key=key) as client:
        endpoint = _endpoint(client, url)
        if endpoint is None:
            raise WebhookError(f"{url} is not registered.")
        rotated = client.webhooks.rotate_secret(
            endpoint.id, keep_old_secret_active_for_24_hours=True
        )
        return rotated.signing_secret


def show(base_url: str, key: str, url: str) -> str:
    """Returns a line about the endpoint, without its secret."""
    with openai.OpenAI(base_url=base_url, api_key=key) as client:
        endpoint = _endpoint(client, url)
    if endpoint is None:
        return f"{url} is not registered."
    return f"{endpoint.id}  {endpoint.url}  {', '.join(endpoint.event_types)}"


def _endpoint(client: openai.OpenAI, url: str) -> Any:
    return next((each for each in client.webhooks.list() if each.url == url), None)


@click.group()
def command() -> None:
    """Register, rotate or show the provider's webhook endpoint; needs OPENAI_API_KEY."""


@command.command("register")
@on_deployment
def register_command(deployment: Deployment) -> Result:
    """Create the endpoint at the provider and store its signing secret."""
    result = _store_secret(deployment, register)
    hint = "Deploy with WebhooksEnabled=true, so that runs wait for the webhook."
    return Result(f"{result.text}\n{hint}", result.data)


@command.command("rotate")
@on_deployment
def rotate_command(deployment: Deployment) -> Result:
    """Give the endpoint a new signing secret and store it."""
    return _store_secret(deployment, rotate)


@command.command("show")
@on_deployment
def show_command(deployment: Deployment) -> Result:
    """Show whether the endpoint is registered, and for which events."""
    base_url, key = _account()
    url = deployment.output("WebhookUrl")
    text = show(base_url, key, url)
    return Result(text, {"url": url, "endpoint": text})


def _account() -> tuple[str, str]:
    """The provider's base URL and key. Raises WebhookError without a key."""
    key = os.environ.get("OPENAI_API_KEY", "")
    if not key:
        raise WebhookError("OPENAI_API_KEY is not set; it is the key of the provider's account.")
    return os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1", key


def _store_secret(deployment: Deployment, change: Callable[[str, str, str], str]) -> Result:
    if deployment.local_key:
        raise WebhookError("make local registers its webhook when it starts. Give --stack.")
    base_url, key = _account()
    url, secret_arn = deployment.output("WebhookUrl"), deployment.output("WebhookSecretArn")
    secret = change(base_url, key, url)
    boto3.client("secretsmanager").put_secret_value(SecretId=secret_arn, SecretString=secret)
    return Result(
        f"{url}: done. The secret is in {secret_arn}.", {"url": url, "secret_arn": secret_arn}
    )
