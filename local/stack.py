"""The whole of Understudy on one machine: stand-ins for AWS and OpenAI, and the HTTP API."""

import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import boto3
from understudy.adapters.dynamodb.api_keys import DynamoApiKeys
from understudy.adapters.dynamodb.table import Table
from understudy.domain.api_keys import ApiKey, digest_of, new_key

from local.aws.deployment import Deployment
from local.aws.embedded import EmbeddedAws
from local.events.sources import EventSources
from local.front import ApiDefinition, Gateway, HttpApi
from local.provider.server import FakeProvider
from operate.webhook import register

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
REGION = "us-east-1"
NOTIFIER = "NotifyApplicationFunction"


@dataclass(frozen=True)
class StackOptions:
    """How the stack is to be. Port 0 takes a free one.

    `provider_key` and `provider_url` are of a real provider and make the stand-in stay away.
    `lambda_endpoint` runs the functions there, as `sam local start-lambda` does in containers.
    `webhooks` lets the stand-in ring for the runs, as a deployment has it once the command
    `operate.webhook` was run. `scale` is how long a second of a wait lasts: 0.05 makes waits twenty
    times shorter.
    """

    port: int = 0
    aws_port: int = 0
    provider_port: int = 0
    api_key: str = ""
    tenant: str = "local"
    provider: Literal["stand-in", "openai"] = "stand-in"
    provider_key: str = field(default="", repr=False)
    provider_url: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    scale: float = 1.0
    webhooks: bool = True
    background: bool = False
    logs: Path | None = None
    template: Path = TEMPLATE
    lambda_endpoint: str = ""


class Stack:
    """Starts everything when entered and ends it when left.

    Raises PortTakenError for a port that another program has.
    """

    def __init__(self, options: StackOptions, tell: Callable[[str], None] = lambda _: None) -> None:
        self.options = options
        self.api_key = options.api_key or new_key()
        self.provider: FakeProvider | None = None
        self.aws: EmbeddedAws
        self.deployment: Deployment
        self.events: EventSources
        self.front: HttpApi
        self._tell = tell
        self._clients: dict[str, Any] = {}
        self._open = ExitStack()

    @property
    def base_url(self) -> str:
        """What the openai SDK takes as `base_url`."""
        return f"{self.front.url}/v1"

    @property
    def provider_url(self) -> str:
        """Where the functions find the model's provider."""
        return self.provider.base_url if self.provider else self.options.provider_url

    def __enter__(self) -> "Stack":
        try:
            self._start()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def client(self, service: str) -> Any:
        """The boto3 client of the embedded AWS for a service; many threads may use it."""
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.aws.endpoint,
                region_name=REGION,
                aws_access_key_id="local",
                aws_secret_access_key="local",  # noqa: S106  the stand-in takes any
            )
        return self._clients[service]

    def table(self) -> Table:
        """The deployed table, as the functions see it."""
        return Table(self.client("dynamodb"), self.deployment.outputs["TableName"])

    def add_key(self, key: str, tenant: str, **allowed: Any) -> None:
        """Makes an API key known."""
        made = ApiKey(
            digest=digest_of(key),
            tenant=tenant,
            name=tenant,
            created_at=int(time.time()),
            **allowed,
        )
        DynamoApiKeys(self.table()).put(made)

    def _start(self) -> None:
        options = self.options
        self.provider = self._start_provider()
        self._tell("AWS stand-in")
        self.aws = self._open.enter_context(
            EmbeddedAws(port=options.aws_port, scale=options.scale, logs=options.logs)
        )
        self._tell("template.yaml")
        self.deployment = self.aws.deploy(
            options.template,
            parameters=self._parameters(),
            secrets={"OpenAIKey": self._provider_key()},
            lambda_endpoint=options.lambda_endpoint or None,
        )
        self._allow_receivers_here()
        self._tell("event sources")
        self.events = EventSources(
            self.deployment, self.aws.invoke, self.aws.endpoint, self.aws.clock
        )
        self._open.enter_context(self.events)
        self.events.connect(self.aws)
        if options.background:
            self.events.run_in_background()
        self.add_key(self.api_key, options.tenant, may_approve=True)
        self._tell("HTTP API")
        gateway = Gateway(ApiDefinition.of(self.deployment), self.aws.invoke)
        self.front = self._open.enter_context(HttpApi(gateway, port=options.port))
        self.register_webhook()

    def _allow_receivers_here(self) -> None:
        """Lets an application on this machine be told of its runs, without TLS; AWS never does."""
        if self.aws.runtime is not None and NOTIFIER in self.deployment.functions:
            self.aws.runtime.reconfigure(NOTIFIER, RECEIVER_LOOPBACK="true")

    def register_webhook(self) -> None:
        """Has the stand-in deliver its webhooks here, where that is wanted."""
        if not self.options.webhooks or self.provider is None:
            return
        secret = register(
            self.provider.base_url, self.provider.key, f"{self.front.url}/webhooks/openai"
        )
        self.client("secretsmanager").put_secret_value(
            SecretId=self.deployment.outputs["WebhookSecretArn"], SecretString=secret
        )

    def _start_provider(self) -> FakeProvider | None:
        if self.options.provider == "openai":
            return None
        key = "sk-" + secrets.token_urlsafe(24)
        return self._open.enter_context(FakeProvider(key=key, port=self.options.provider_port))

    def _provider_key(self) -> str:
        return self.provider.key if self.provider else self.options.provider_key

    def _parameters(self) -> dict[str, str]:
        rung = self.options.webhooks and self.provider is not None
        fixed = {
            "OpenAIApiKey": "in-secret",
            "OpenAIBaseUrl": self.provider_url,
            "WebhooksEnabled": "true" if rung else "false",
        }
        return fixed | dict(self.options.parameters)
