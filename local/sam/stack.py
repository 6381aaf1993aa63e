"""The local stack with its functions in containers."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from samtranslator.yaml_helper import yaml_parse

from local.aws.deployment import Deployment
from local.sam.bridge import LOOPBACK, bridge_address, bridged
from local.sam.servers import Sam, SamServer, free_port
from local.stack import ROOT, Stack, StackOptions

ENDPOINT = "AWS_ENDPOINT_URL"
BUILT = ROOT / ".aws-sam" / "build" / "template.yaml"


class NotBuiltError(Exception):
    """The built artifacts are missing."""


@dataclass(frozen=True)
class SamStack:
    """The local stack, whose functions run in containers, and SAM's servers."""

    stack: Stack
    sam: Sam
    lambdas: SamServer
    template: Path
    variables: Path


@contextmanager
def sam_stack(options: StackOptions, program: str, folder: Path) -> Iterator[SamStack]:
    """Runs everything but `start-api`; `folder` gets the file of variables and the log.

    Raises NoEngineError, NotBuiltError or SamFailedError.
    """
    bridge = bridge_address()
    template = write_template(BUILT)
    folder.mkdir(parents=True, exist_ok=True)
    variables, log = folder / "sam.json", folder / "sam.log"
    port = free_port()
    wanted = replace(options, lambda_endpoint=f"http://127.0.0.1:{port}", background=True)
    with ExitStack() as opened:
        stack = opened.enter_context(Stack(wanted))
        urls = [stack.aws.endpoint] + ([stack.provider_url] if stack.provider else [])
        ports = [urlsplit(url).port or 80 for url in urls]
        opened.enter_context(bridged(ports, bridge))
        write_environment(stack.deployment, stack.aws.endpoint, bridge, variables)
        sam = Sam(program, template, variables, log)
        lambdas = sam.serve("start-lambda", port)
        opened.callback(lambdas.stop)
        yield SamStack(stack, sam, lambdas, template, variables)


def write_environment(deployment: Deployment, endpoint: str, bridge: str, path: Path) -> None:
    """Writes the file for `--env-vars`: each function's variables in the deployed template."""
    variables = {
        function.name: {
            name: value.replace(LOOPBACK, bridge)
            for name, value in {**function.environment, ENDPOINT: endpoint}.items()
        }
        for function in deployment.functions.values()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(variables, indent=1))


def write_template(built: Path) -> Path:
    """Writes a copy of the built template that declares the endpoint's variable; returns its path.

    `sam local` sets only variables that the template declares. Raises NotBuiltError.
    """
    if not built.exists():
        raise NotBuiltError(f"{built} is missing; run make build")
    template: dict[str, Any] = yaml_parse(built.read_text())
    template["Globals"]["Function"]["Environment"]["Variables"][ENDPOINT] = ""
    copy = built.with_name("sam-local.json")
    copy.write_text(json.dumps(template, default=str))
    return copy
