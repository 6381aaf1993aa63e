"""Modules that a function can import."""

import json

import pytest

from .conftest import Orders


def _import(orders: Orders, module: str) -> str:
    answer = orders.run("MisbehaveFunction", do="import", module=module)
    return str(answer["errorType"] if isinstance(answer, dict) else answer)


@pytest.mark.parametrize("module", ["pydantic", "pydantic_core", "boto3", "jmespath", "json"])
def test_layers_and_runtime_can_be_imported(orders: Orders, module: str) -> None:
    """The requirements of its layers, Lambda's own packages and the standard library."""
    assert _import(orders, module) == module


@pytest.mark.parametrize(
    "module", ["openai", "moto", "flask", "packaging", "shared_words", "understudy", "yaml"]
)
def test_other_packages_cannot_be_imported(orders: Orders, module: str) -> None:
    """They are installed on this machine, but not in Lambda."""
    assert _import(orders, module) == "ModuleNotFoundError"


@pytest.mark.parametrize("module", ["local", "tests", "local.aws.clock", "bench"])
def test_repository_cannot_be_imported(orders: Orders, module: str) -> None:
    """Deployed code cannot depend on code that is not deployed."""
    assert _import(orders, module) == "ModuleNotFoundError"


def test_package_of_layer_can_be_imported(orders: Orders) -> None:
    """The greeting is defined in the package of the shared layer."""
    assert orders.run("GreetFunction", name="Ada")["greeting"] == "Hello, Ada!"


def test_missing_module_fails_every_call(orders: Orders) -> None:
    """As in Lambda, the error names the handler's module."""
    for _ in range(2):
        outcome = orders.aws.invoke("BrokenFunction", b"{}")
        error = json.loads(outcome.payload)

        assert error["errorType"] == "Runtime.ImportModuleError"
        assert "Unable to import module 'count.nothing'" in error["errorMessage"]
