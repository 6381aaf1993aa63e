"""Parameters and conditions of a template."""

from pathlib import Path

import pytest

from local.aws import template
from local.aws.local_aws import LocalAws
from local.aws.template import TemplateError

from .conftest import TEMPLATE


def test_condition_decides_which_resources_exist() -> None:
    """Stage prod has one more bucket, and the function gets its name."""
    with LocalAws() as aws:
        deployment = aws.deploy(TEMPLATE, stack="shop", parameters={"Stage": "prod"})

    bucket = deployment.outputs["ProdBucketName"]
    assert bucket.startswith("shop-prodbucket-")
    assert deployment.functions["GreetFunction"].environment["PROD_ONLY"] == bucket


def test_unknown_parameter_is_refused() -> None:
    """A misspelt override must not silently leave the default."""
    with pytest.raises(TemplateError, match="no parameter Stagee"):
        template.read(TEMPLATE, {"Stagee": "prod"})


def test_parameter_without_default_is_required(tmp_path: Path) -> None:
    """The error names the missing parameter."""
    written = tmp_path / "template.yaml"
    written.write_text("Parameters: {Key: {Type: String}}\nResources: {}\n")

    with pytest.raises(TemplateError, match="Key"):
        template.read(written, {})
