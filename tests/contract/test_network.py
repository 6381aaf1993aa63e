"""How requests come in, and how the tools reach a private database."""

import json
from typing import Any

from tests.contract.deployments import Resources, default_resources, of_type, resources_of

QUERYING = {"ExecuteToolFunction", "AnswerDirectlyFunction"}
"""Functions that run the database tools."""

VPC_POLICY = "service-role/AWSLambdaVPCAccessExecutionRole"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-1"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1"
PRIVATE = {
    "DatabaseSecretArn": SECRET,
    "DatabaseSecretKeyArn": KEY,
    "ToolSubnetIds": "subnet-1,subnet-2",
    "ToolSecurityGroupIds": "sg-1",
}


def with_vpc_policy(resources: Resources) -> set[str]:
    """Returns the roles that may create network interfaces."""
    roles = of_type(resources, "AWS::IAM::Role")
    return {name for name, role in roles.items() if VPC_POLICY in json.dumps(role)}


def test_functions_that_query_the_database_run_in_its_subnets() -> None:
    """Only those: all others call AWS and the provider, which a private subnet may not reach."""
    resources = resources_of(PRIVATE, "eu-central-1")
    functions = of_type(resources, "AWS::Lambda::Function")

    inside = {name: each["VpcConfig"] for name, each in functions.items() if "VpcConfig" in each}
    wanted = {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
    assert inside == dict.fromkeys(QUERYING, wanted)
    assert with_vpc_policy(resources) == {f"{name}Role" for name in QUERYING}


def test_without_subnets_no_function_has_network_rights() -> None:
    resources = default_resources()

    functions = of_type(resources, "AWS::Lambda::Function")
    assert [name for name, each in functions.items() if "VpcConfig" in each] == []
    assert with_vpc_policy(resources) == set()


def test_functions_that_query_the_database_use_the_role_of_their_name() -> None:
    """The template writes these roles itself; SAM makes one of the same name for the others."""
    for name, each in of_type(default_resources(), "AWS::Lambda::Function").items():
        assert each["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}


def decrypting(resources: Resources) -> dict[str, Any]:
    """Returns the key that each role may decrypt with."""
    return {
        name: statement["Resource"]
        for name, role in of_type(resources, "AWS::IAM::Role").items()
        for policy in role.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "kms:Decrypt"
    }


def test_secret_under_a_customer_key_can_be_read() -> None:
    """By the functions that query the database, and with that one key."""
    assert decrypting(resources_of(PRIVATE)) == {f"{name}Role": KEY for name in QUERYING}
    assert decrypting(default_resources()) == {}


def cors_of(**given: str) -> Any:
    """Returns the CORS configuration of the API, None without one."""
    api = resources_of(given)["HttpApi"]["Properties"]["Body"]
    return api.get("x-amazon-apigateway-cors")


def test_browsers_may_call_the_api_from_allowed_origins_only() -> None:
    """Off by default: then pages of other origins cannot read a response."""
    cors = cors_of(AllowedOrigins="https://app.example.com,https://www.example.com")

    assert cors_of() is None
    assert cors["allowOrigins"] == ["https://app.example.com", "https://www.example.com"]
    assert {"authorization", "content-type", "openai-beta"} <= set(cors["allowHeaders"])
    assert "allowCredentials" not in cors


def test_routes_invoke_aliases() -> None:
    """API Gateway's definition is plain data, so a wrong target would show at the first call."""
    resources = default_resources()
    aliases = of_type(resources, "AWS::Lambda::Alias")

    for path, methods in resources["HttpApi"]["Properties"]["Body"]["paths"].items():
        for operation in methods.values():
            uri = json.dumps(operation["x-amazon-apigateway-integration"]["uri"])
            assert any(f"${{{alias}}}" in uri for alias in aliases), path


def test_api_is_deployed_and_limited() -> None:
    resources = resources_of({"RequestsPerSecond": "50"})
    [stage] = of_type(resources, "AWS::ApiGatewayV2::Stage").values()

    assert stage["AutoDeploy"] is True
    assert stage["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": "50",
        "ThrottlingBurstLimit": "50",
    }


def test_custom_domain_serves_the_api() -> None:
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    given = {"DomainName": "assistants.example.com", "CertificateArn": certificate}
    resources = resources_of(given)
    [domain] = of_type(resources, "AWS::ApiGatewayV2::DomainName").values()
    [mapping] = of_type(resources, "AWS::ApiGatewayV2::ApiMapping").values()

    [configuration] = domain["DomainNameConfigurations"]
    assert configuration["CertificateArn"] == certificate
    assert configuration["SecurityPolicy"] == "TLS_1_2"
    assert mapping["ApiId"] == {"Ref": "HttpApi"}
    assert mapping["DomainName"] == {"Ref": "ApiDomain"}
