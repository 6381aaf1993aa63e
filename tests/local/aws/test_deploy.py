"""Deploying a SAM template on local AWS."""

import json

import pytest

from local.aws.local_aws import LocalAws

from .conftest import Orders


def test_environment_of_function_is_resolved(orders: Orders) -> None:
    """Refs, attributes, substitutions and parameters have their values."""
    function = orders.deployment.functions["GreetFunction"]

    assert function.environment == {
        "STAGE": "dev",
        "TABLE_NAME": orders.deployment.physical_ids["Table"],
        "BUCKET_ARN": f"arn:aws:s3:::{orders.deployment.physical_ids['Bucket']}",
        "WAIT_SECONDS": "60",
        "LABEL": f"dev/{orders.deployment.physical_ids['Bucket']}",
    }


def test_function_has_settings_of_template(orders: Orders) -> None:
    """Handler, limits, layers and dead-letter queue."""
    greet = orders.deployment.functions["GreetFunction"]
    misbehave = orders.deployment.functions["MisbehaveFunction"]

    assert (greet.handler, greet.timeout_seconds, greet.memory_mb) == ("greet.app.handler", 10, 256)
    assert greet.layers == ("layers/dependencies", "layers/shared")
    assert greet.dead_letter_queue is not None
    assert greet.dead_letter_queue.startswith("arn:aws:sqs:")
    assert (misbehave.timeout_seconds, misbehave.concurrency) == (2, 2)


def test_function_has_statements_of_its_role(orders: Orders) -> None:
    """The policy names the table by its local ARN."""
    statements = orders.deployment.functions["GreetFunction"].role_statements

    [table_access] = [each for each in statements if "dynamodb:GetItem" in each["Action"]]
    assert table_access["Resource"].endswith(f":table/{orders.table}")


def test_secret_has_given_value(orders: Orders) -> None:
    """Ref is the ARN, by which a function reads the value."""
    arn = orders.deployment.physical_ids["ApiKeySecret"]

    value = orders.client("secretsmanager").get_secret_value(SecretId=arn)

    assert value["SecretString"] == "sk-canary"


def test_resources_that_moto_cannot_create_are_in_deployment(orders: Orders) -> None:
    """The REST API's routes have the function's ARN."""
    [api] = [
        resource["Properties"]["Body"]
        for resource in orders.deployment.resources.values()
        if resource["Type"] == "AWS::ApiGateway::RestApi"
    ]

    integration = api["paths"]["/greetings"]["post"]["x-amazon-apigateway-integration"]
    assert orders.arn("GreetFunction") in integration["uri"]


def test_no_intrinsic_function_is_left(orders: Orders) -> None:
    """Everything in resources and outputs is a plain value."""
    text = json.dumps([orders.deployment.resources, orders.deployment.outputs])

    assert "Fn::" not in text
    assert '"Ref"' not in text


def test_only_one_local_aws_runs_in_a_process(orders: Orders) -> None:
    """moto keeps its state in modules, so that two servers would share it."""
    with pytest.raises(RuntimeError, match="already"):
        LocalAws().start()
