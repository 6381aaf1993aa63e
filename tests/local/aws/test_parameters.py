"""Parameters of a template, and what depends on them."""

from pathlib import Path

import pytest

from local.aws import transform
from local.aws.embedded import EmbeddedAws
from local.aws.transform import TemplateError

from .conftest import TEMPLATE


def test_a_condition_decides_what_exists() -> None:
    """In the stage prod there is one bucket more, and the function knows it."""
    with EmbeddedAws() as aws:
        deployment = aws.deploy(TEMPLATE, stack="shop", parameters={"Stage": "prod"})

    bucket = deployment.outputs["ProdBucketName"]
    assert bucket.startswith("shop-prodbucket-")
    assert deployment.functions["GreetFunction"].environment["PROD_ONLY"] == bucket


def test_an_unknown_parameter_is_refused() -> None:
    """A misspelt override is an error and not silently the default."""
    with pytest.raises(TemplateError, match="no parameter Stagee"):
        transform.read(TEMPLATE, {"Stagee": "prod"})


def test_a_parameter_without_default_must_be_given(tmp_path: Path) -> None:
    """The error names what is missing."""
    template = tmp_path / "template.yaml"
    template.write_text("Parameters: {Key: {Type: String}}\nResources: {}\n")

    with pytest.raises(TemplateError, match="Key"):
        transform.read(template, {})
