"""A SAM template on the embedded AWS."""

import json

import pytest

from local.aws.embedded import EmbeddedAws
from local.aws.intrinsics import Conditions, substitute

from .conftest import Orders


def test_a_function_knows_the_resources_of_its_stack(orders: Orders) -> None:
    """Refs, attributes, substitutions and parameters in its environment are resolved."""
    function = orders.deployment.functions["GreetFunction"]

    assert function.environment == {
        "STAGE": "dev",
        "TABLE_NAME": orders.deployment.physical_ids["Table"],
        "BUCKET_ARN": f"arn:aws:s3:::{orders.deployment.physical_ids['Bucket']}",
        "PATIENCE": "60",
        "LABEL": f"dev/{orders.deployment.physical_ids['Bucket']}",
    }


def test_a_function_keeps_what_the_template_says_of_it(orders: Orders) -> None:
    """Handler, limits, layers and what happens to failed asynchronous invocations."""
    greet = orders.deployment.functions["GreetFunction"]
    misbehave = orders.deployment.functions["MisbehaveFunction"]

    assert (greet.handler, greet.timeout_seconds, greet.memory_mb) == ("greet.app.handler", 10, 256)
    assert greet.layers == ("layers/dependencies", "layers/shared")
    assert greet.async_retries == 1
    assert greet.on_failure_queue is not None
    assert greet.on_failure_queue.startswith("arn:aws:sqs:")
    assert (misbehave.timeout_seconds, misbehave.concurrency) == (2, 2)


def test_a_function_has_the_statements_of_its_role(orders: Orders) -> None:
    """The policy names the table by the ARN that it has here."""
    statements = orders.deployment.functions["GreetFunction"].role_statements

    [table_access] = [each for each in statements if "dynamodb:GetItem" in each["Action"]]
    assert table_access["Resource"].endswith(f":table/{orders.table}")


def test_a_secret_has_the_value_it_was_given(orders: Orders) -> None:
    """Ref gives the ARN, under which the value can be read."""
    arn = orders.deployment.physical_ids["ApiKeySecret"]

    value = orders.client("secretsmanager").get_secret_value(SecretId=arn)

    assert value["SecretString"] == "sk-canary"


def test_what_moto_cannot_create_is_still_in_the_deployment(orders: Orders) -> None:
    """The HTTP API is there, its routes lead to the function's ARN."""
    [api] = [
        resource["Properties"]["Body"]
        for resource in orders.deployment.resources.values()
        if resource["Type"] == "AWS::ApiGatewayV2::Api"
    ]

    integration = api["paths"]["/greetings"]["post"]["x-amazon-apigateway-integration"]
    assert orders.arn("GreetFunction") in integration["uri"]


def test_no_intrinsic_function_is_left(orders: Orders) -> None:
    """Everything in resources and outputs is a plain value."""
    text = json.dumps([orders.deployment.resources, orders.deployment.outputs])

    assert "Fn::" not in text
    assert '"Ref"' not in text


def test_only_one_embedded_aws_runs_in_a_process(orders: Orders) -> None:
    """moto keeps its state in modules, two servers would share it."""
    with pytest.raises(RuntimeError, match="already"):
        EmbeddedAws().start()


def test_substitution_leaves_what_it_does_not_know() -> None:
    """Also inside Fn::Sub, where escaped names stay as they are."""
    known = {"Stage": "dev"}
    template = {
        "a": {"Fn::Sub": "${Stage}-${Table}"},
        "b": {"Fn::Sub": ["${Own}/${Stage}", {"Own": {"Ref": "Stage"}}]},
        "c": {"Fn::Sub": "${!Stage}"},
        "d": {"Fn::Join": ["", ["x", {"Ref": "Stage"}]]},
        "e": {"Ref": "Table"},
    }

    result = substitute(template, lambda name, attribute: known.get(name))

    assert result == {
        "a": {"Fn::Sub": "dev-${Table}"},
        "b": "dev/dev",
        "c": "${Stage}",
        "d": "xdev",
        "e": {"Ref": "Table"},
    }


def test_conditions_combine() -> None:
    """And, Or, Not and references between conditions."""
    conditions = Conditions(
        {
            "Yes": {"Fn::Equals": ["a", "a"]},
            "No": {"Fn::Not": [{"Condition": "Yes"}]},
            "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
            "One": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]},
        }
    )

    assert [conditions.holds(name) for name in ("Yes", "No", "Both", "One", None)] == [
        True,
        False,
        False,
        True,
        True,
    ]
    assert conditions.prune([{"Fn::If": ["No", 1, {"Ref": "AWS::NoValue"}]}, 2]) == [2]
