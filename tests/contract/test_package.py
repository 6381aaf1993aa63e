"""What the layers pin: everything they ship, with hashes, once."""

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.contract.conftest import ROOT

LAYERS = ("dependencies", "openai", "database", "identity")
PINNED = re.compile(r"^([a-z0-9-]+)==(\S+) \\$", re.MULTILINE)


def locked(layer: str) -> dict[str, str]:
    """Version by package of a layer's lock file."""
    return dict(PINNED.findall((ROOT / "layers" / layer / "requirements.lock").read_text()))


def wanted(layer: str) -> dict[str, str]:
    """Version by package of what a layer asks for."""
    lines = (ROOT / "layers" / layer / "requirements.txt").read_text().splitlines()
    asked = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(each.name): str(each.specifier).removeprefix("==") for each in asked}


@pytest.mark.parametrize("layer", LAYERS)
def test_the_lock_has_what_the_layer_asks_for(layer: str) -> None:
    """`make lock` was run after the last change of requirements.txt."""
    assert wanted(layer).items() <= locked(layer).items()


@pytest.mark.parametrize("layer", LAYERS)
def test_every_package_has_its_hashes(layer: str) -> None:
    """pip takes nothing else then, whatever an index answers."""
    text = (ROOT / "layers" / layer / "requirements.lock").read_text()
    entries = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]

    assert len(entries) == len(locked(layer))
    assert [entry.split("==")[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_no_package_is_shipped_twice() -> None:
    """No package is in two layers; the first on the path would win."""
    packages = [name for layer in LAYERS for name in locked(layer)]

    assert sorted(packages) == sorted(set(packages))


def test_layers_do_not_ship_boto3() -> None:
    """It is the largest package, and Lambda's runtime includes it."""
    packages = {name for layer in LAYERS for name in locked(layer)}

    assert packages & {"boto3", "botocore", "aws-xray-sdk", "s3transfer"} == set()


def test_latency_critical_functions_have_no_openai_layer(
    functions: dict[str, dict[str, object]],
) -> None:
    """The webhook and the routes that clients poll."""
    carrying = {name for name, each in functions.items() if "OpenAILayer" in str(each["Layers"])}

    assert carrying & {"ReceiveWebhookFunction", "ApiFunction", "RecordRunsFunction"} == set()
    assert "CreateRunFunction" in carrying


def test_the_builds_take_the_lock(template: dict[str, object]) -> None:
    """The one Makefile of the layers installs from it and checks hashes."""
    del template
    recipe = (ROOT / "layers" / "Makefile").read_text()

    assert "--require-hashes" in recipe
    assert "-r requirements.lock" in recipe
