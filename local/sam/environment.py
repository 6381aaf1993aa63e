"""The environment of containers: the deployed names and the endpoint of local AWS."""

import json
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from local.aws.deployment import Deployment
from local.sam.bridge import LOOPBACK

ENDPOINT = "AWS_ENDPOINT_URL"


class NotBuiltError(Exception):
    """The built artifacts are missing."""


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
