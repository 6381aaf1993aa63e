"""Understudy on one machine: local AWS, the fake provider and the API."""

import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from understudy.adapters.dynamodb.api_keys import ApiKeys
from understudy.adapters.dynamodb.table import Table
from understudy.domain.api_keys import ApiKey, digest_of, new_key

from local.aws.clients import client_of
from local.aws.deployment import Deployment
from local.aws.local_aws import LocalAws
from local.events.sources import EventSources
from local.front import ApiDefinition, RestApi
from local.front.rest_api import INTEGRATION_SECONDS
from local.front.routes import STAGE
from local.http_server import require_free
from local.provider.server import FakeProvider
from operate.webhook import register

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"
REGION = "us-east-1"
NOTIFIER = "NotifyApplicationFunction"


@dataclass(frozen=True)
class StackOptions:
    """Options of a stack. Port 0 takes a free one.

    `provider_key` and `provider_url` are those of a real provider. `lambda_endpoint` runs the
    functions at another endpoint, such as `sam local start-lambda`. `webhooks` registers a
    webhook at the fake provider, as `understudy webhook` does; without one, runs poll. `scale`
    is how many real seconds a second of a wait lasts. `timeout_factor` multiplies the limits in
    real seconds (timeouts of functions, the API's limit), for machines that are busy. `quiet`
    does not print requests.
    """

    port: int = 0
    aws_port: int = 0
    provider_port: int = 0
    api_key: str = ""
    tenant: str = "local"
    provider: Literal["fake", "openai"] = "fake"
    provider_key: str = field(default="", repr=False)
    provider_url: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    scale: float = 1.0
    timeout_factor: float = 1.0
    webhooks: bool = True
    background: bool = False
    quiet: bool = False
    logs: Path | None = None
    template: Path = TEMPLATE
    lambda_endpoint: str = ""


class Stack:
    """A context manager that starts everything and stops it.

    Raises PortTakenError for a port that another program uses.
    """

    def __init__(
        self,
        options: StackOptions,
        tell: Callable[[str], None] = lambda _: None,
        on_request: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`tell` is called with what starts, `on_request` with a line
        for each request."""
        self.options = options
        self.api_key = options.api_key or new_key()
        self.provider: FakeProvider | None = None
        self.aws: LocalAws
        self.deployment: Deployment
        self.events: EventSources
        self.front: RestApi
        self._tell = tell
        self._on_request = on_request
        self._clients: dict[str, Any] = {}
        self._open = ExitStack()

    @property
    def base_url(self) -> str:
        """The `base_url` for the openai SDK."""
        return f"{self.front.url}/{STAGE}"

    @property
    def provider_url(self) -> str:
        """The provider's base URL."""
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
        """Returns a boto3 client of local AWS; threads may share it."""
        if service not in self._clients:
            self._clients[service] = client_of(service, self.aws.endpoint)
        return self._clients[service]

    def table(self) -> Table:
        """Returns the deployed table through the functions' own adapter."""
        return Table(self.client("dynamodb"), self.deployment.outputs["TableName"])

    def add_key(self, key: str, tenant: str, **allowed: Any) -> None:
        """Stores an API key."""
        made = ApiKey(
            digest=digest_of(key),
            tenant=tenant,
            name=tenant,
            created_at=int(time.time()),
            **allowed,
        )
        ApiKeys(self.table()).put(made)

    def _start(self) -> None:
        options = self.options
        require_free(options.port, options.aws_port, options.provider_port)
        self.provider = self._start_provider()
        self._tell("local AWS")
        self.aws = self._open.enter_context(
            LocalAws(
                port=options.aws_port,
                scale=options.scale,
                timeout_factor=options.timeout_factor,
                logs=options.logs,
            )
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
        self._tell("API")
        definition = ApiDefinition.of(self.deployment)
        self.front = self._open.enter_context(
            RestApi(
                definition,
                self.aws.invoke,
                self.aws.stream,
                port=options.port,
                integration_seconds=INTEGRATION_SECONDS * options.timeout_factor,
                on_request=self._on_request,
            )
        )
        self.register_webhook()

    def _allow_receivers_here(self) -> None:
        """Allows webhook receivers on this machine, without TLS; on AWS they are refused."""
        if self.aws.runtime is not None and NOTIFIER in self.deployment.functions:
            self.aws.runtime.reconfigure(NOTIFIER, RECEIVER_LOOPBACK="true")

    def register_webhook(self) -> None:
        """Registers this stack's webhook at the fake provider, unless the options disable it."""
        if not self.options.webhooks or self.provider is None:
            return
        secret = register(
            self.provider.base_url, self.provider.key, f"{self.base_url}/webhooks/openai"
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
        registered = self.options.webhooks and self.provider is not None
        fixed = {
            "OpenAIApiKey": "in-secret",
            "OpenAIBaseUrl": self.provider_url,
            # The fake provider has the models of the price table, as OpenAI has
            "UnknownModels": "auto" if self.provider is None else "reject",
            "WebhooksEnabled": "true" if registered else "false",
        }
        return fixed | dict(self.options.parameters)
