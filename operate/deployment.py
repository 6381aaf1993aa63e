"""Which deployment a command works on, and the options that all commands share."""

import functools
import json
import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import click
from understudy.services import Services
from understudy.settings import Settings

from operate.failures import CommandError

STATE = Path(__file__).resolve().parent.parent / ".local"
"""What `make local`, `make deploy` and `understudy api-key create --save` leave in the checkout."""

DEPLOYED = STATE / "deployed"
"""The stack that `make deploy` deployed last."""

DEFAULT_STACK = "understudy-dev"


@dataclass(frozen=True)
class Result:
    """What a command prints: `text` for people, `data` with --json; `exit_code` is 1 if a check
    failed."""

    text: str
    data: Any
    exit_code: int = 0


@dataclass(frozen=True)
class Deployment:
    """A deployed stack, or the stack that `make local` runs."""

    label: str
    outputs: Mapping[str, str]
    key_file: Path
    """Where `api-key create --save` keeps a key for `ask`."""
    local_key: str = ""
    """The key that `make local` was started with."""

    def output(self, name: str) -> str:
        """Raises CommandError for an output that the stack does not have."""
        if name not in self.outputs:
            raise CommandError(f"The {self.label} has no output {name}. Deploy this version first.")
        return self.outputs[name]

    def save_key(self, key: str) -> None:
        """Keeps a key for `ask`, readable by this user only; `make local` has its own key."""
        if self.local_key:
            return
        self.key_file.parent.mkdir(parents=True, exist_ok=True)
        self.key_file.touch(mode=0o600)
        self.key_file.write_text(f"{key}\n")

    def saved_key(self) -> str:
        """The key of `make local`, else the one that was saved, else an empty string."""
        if self.local_key or not self.key_file.exists():
            return self.local_key
        return self.key_file.read_text().strip()

    @functools.cached_property
    def services(self) -> Services:
        """The services that need nothing but the table, the bucket and the signing secret."""
        return Services(
            Settings(
                table_name=self.output("TableName"),
                bucket_name=self.output("BucketName"),
                receiver_secret_arn=self.outputs.get("ReceiverSecretArn", ""),
                default_budgets=json.loads(self.outputs.get("DefaultBudgets") or "{}"),
            )
        )


def find_deployment(stack: str | None) -> Deployment:
    """The stack by name, else `make local`, else the stack that was deployed last.

    For `make local`, the AWS SDK's environment variables are set to its local AWS.
    """
    env_file = Path(os.environ.get("UNDERSTUDY_ENV_FILE") or STATE / "env")
    if stack is None and env_file.exists():
        return _local(env_file)
    if stack is None and DEPLOYED.exists():
        return _stack(DEPLOYED.read_text().strip(), " (the last deployment)")
    return _stack(stack or DEFAULT_STACK)


def _local(env_file: Path) -> Deployment:
    lines = (line.removeprefix("export ") for line in env_file.read_text().splitlines())
    values = dict(shlex.split(line)[0].split("=", 1) for line in lines)
    os.environ.update({name: v for name, v in values.items() if name.startswith("AWS_")})
    outputs = {**json.loads(values["UNDERSTUDY_OUTPUTS"]), "BaseUrl": values["UNDERSTUDY_BASE_URL"]}
    key_file = env_file.with_name("local.key")
    return Deployment("make local", outputs, key_file, values["UNDERSTUDY_API_KEY"])


def _stack(name: str, remark: str = "") -> Deployment:
    found = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    return Deployment(f"stack {name}{remark}", outputs, STATE / f"{name}.key")


def on_deployment(function: Callable[..., Result]) -> Callable[..., None]:
    """Adds --stack and --json, finds the deployment, passes it first, and prints the result."""

    @click.option("--stack", metavar="NAME", help="Name of the CloudFormation stack.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @functools.wraps(function)
    def call(*, stack: str | None, as_json: bool, **given: Any) -> None:
        deployment = find_deployment(stack)
        click.echo(f"Using {deployment.label}.", err=True)
        result = function(deployment, **given)
        click.echo(json.dumps(result.data, indent=2) if as_json else result.text)
        if result.exit_code:
            raise click.exceptions.Exit(result.exit_code)

    return call
