"""What a function can import."""

import json

import pytest

from .conftest import Orders


def _import(orders: Orders, module: str) -> str:
    answer = orders.run("MisbehaveFunction", do="import", module=module)
    return str(answer["errorType"] if isinstance(answer, dict) else answer)


@pytest.mark.parametrize("module", ["pydantic", "pydantic_core", "boto3", "jmespath", "json"])
def test_its_layers_and_the_runtime_can_be_imported(orders: Orders, module: str) -> None:
    """What the requirements of a layer need, what Lambda brings, and the standard library."""
    assert _import(orders, module) == module


@pytest.mark.parametrize(
    "module", ["openai", "moto", "flask", "packaging", "shared_words", "understudy", "yaml"]
)
def test_what_no_layer_brings_is_not_there(orders: Orders, module: str) -> None:
    """Though it is installed beside it, as in Lambda it is not found."""
    assert _import(orders, module) == "ModuleNotFoundError"


@pytest.mark.parametrize("module", ["local", "tests", "local.aws.clock", "bench"])
def test_the_repository_is_not_there(orders: Orders, module: str) -> None:
    """Shipped code cannot lean on what is not shipped."""
    assert _import(orders, module) == "ModuleNotFoundError"


def test_a_package_in_a_layer_can_be_imported(orders: Orders) -> None:
    """The greeting comes from the package of the shared layer."""
    assert orders.run("GreetFunction", name="Ada")["greeting"] == "Hello, Ada!"


def test_a_module_that_cannot_be_imported_fails_every_call(orders: Orders) -> None:
    """As in Lambda the error names the handler's module."""
    for _ in range(2):
        outcome = orders.aws.invoke("BrokenFunction", b"{}")
        error = json.loads(outcome.payload)

        assert error["errorType"] == "Runtime.ImportModuleError"
        assert "Unable to import module 'count.nothing'" in error["errorMessage"]
