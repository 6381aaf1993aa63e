"""The provider's webhook endpoint of a deployment: made, given a new secret, shown.

    OPENAI_API_KEY=… python -m operate.webhook register --stack understudy
    OPENAI_API_KEY=… python -m operate.webhook rotate --stack understudy
    OPENAI_API_KEY=… python -m operate.webhook show --stack understudy

The key is of the project whose responses the deployment asks for; `OPENAI_BASE_URL` is read too.
The signing secret goes from the provider into Secrets Manager and is shown nowhere. A function
reads it again within five minutes; when it is rotated the old one signs along for 24 hours.
"""

import argparse
import os
import sys
from dataclasses import dataclass
from typing import Any

import boto3
import openai
from understudy.domain.webhooks import ENDINGS

NAME = "Understudy"


class WebhookError(Exception):
    """What was asked for cannot be done; the text says why and what to do."""


@dataclass(frozen=True)
class Target:
    """Where a deployment takes webhooks, and where it keeps their signing secret."""

    url: str
    secret_arn: str


def register(base_url: str, key: str, url: str) -> str:
    """Makes an endpoint at the provider for the events that end a response; gives its secret.

    Raises WebhookError if there is one for this URL: its secret was shown when it was made, and
    only a rotation gives another.
    """
    with openai.OpenAI(base_url=base_url, api_key=key) as client:
        if _endpoint(client, url) is not None:
            raise WebhookError(f"{url} is registered already; use rotate for a new secret.")
        made = client.webhooks.create(name=NAME, url=url, event_types=sorted(ENDINGS))  # type: ignore[arg-type]
        return made.signing_secret


def rotate(base_url: str, key: str, url: str) -> str:
    """Gives the endpoint a new secret; the old one signs along for 24 hours.

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
    """A line on the endpoint, without its secret."""
    with openai.OpenAI(base_url=base_url, api_key=key) as client:
        endpoint = _endpoint(client, url)
    if endpoint is None:
        return f"{url} is not registered."
    return f"{endpoint.id}  {endpoint.url}  {', '.join(endpoint.event_types)}"


def target_of(stack: str) -> Target:
    """Reads the outputs of a deployed stack."""
    found = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    return Target(outputs["WebhookUrl"], outputs["WebhookSecretArn"])


def main(arguments: list[str]) -> int:
    """0, or 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(prog="python -m operate.webhook")
    parser.add_argument("action", choices=["register", "rotate", "show"])
    parser.add_argument("--stack", default="understudy", help="name of the CloudFormation stack")
    given = parser.parse_args(arguments)
    key = os.environ.get("OPENAI_API_KEY", "")
    base_url = os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"
    try:
        if not key:
            raise WebhookError("OPENAI_API_KEY is not set.")
        target = target_of(given.stack)
        if given.action == "show":
            print(show(base_url, key, target.url))
            return 0
        make = register if given.action == "register" else rotate
        secret = make(base_url, key, target.url)
        boto3.client("secretsmanager").put_secret_value(
            SecretId=target.secret_arn, SecretString=secret
        )
        print(f"{target.url}: done. The secret is in {target.secret_arn}.")
        if given.action == "register":
            print("Deploy with WebhooksEnabled=true to sleep until a webhook rings.")
    except (WebhookError, openai.OpenAIError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _endpoint(client: openai.OpenAI, url: str) -> Any:
    return next((each for each in client.webhooks.list() if each.url == url), None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
