"""How requests come in, and how the tools reach a private database."""

import copy
import json
from typing import Any

import pytest

from tests.contract import deployments
from tests.contract.deployments import (
    TEMPLATE,
    Resources,
    default_resources,
    of_type,
    plain,
    resources_of,
)

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


INTEGRATION = "x-amazon-apigateway-integration"
STREAMING = {
    (prefix + path, method)
    for prefix in ("", "/openai")
    for path, method in (
        ("/threads/runs", "post"),
        ("/threads/{thread_id}/runs", "post"),
        ("/threads/{thread_id}/runs/{run_id}/submit_tool_outputs", "post"),
        ("/threads/{thread_id}/runs/{run_id}/stream", "get"),
    )
}


def definition(resources: Resources) -> Any:
    """Returns the OpenAPI document of the API."""
    return resources["Api"]["Properties"]["Body"]


def test_browsers_may_call_the_api_from_allowed_origins_only() -> None:
    """The functions answer preflight requests; by default they allow none."""
    given = "https://app.example.com,https://www.example.com"
    functions = of_type(resources_of({"AllowedOrigins": given}), "AWS::Lambda::Function")

    allowed = {
        name: each["Environment"]["Variables"]["ALLOWED_ORIGINS"]
        for name, each in functions.items()
        if "ALLOWED_ORIGINS" in each["Environment"]["Variables"]
    }
    behind = {"ApiFunction", "FilesFunction", "StreamRunFunction", "ForwardRequestFunction"}
    assert allowed == dict.fromkeys(behind, given)
    for path, methods in definition(default_resources())["paths"].items():
        assert path.startswith("/webhooks/") or "x-amazon-apigateway-any-method" in methods, path


def test_routes_invoke_aliases() -> None:
    """API Gateway's definition is plain data, so a wrong target would show at the first call."""
    resources = default_resources()
    aliases = of_type(resources, "AWS::Lambda::Alias")

    for path, methods in definition(resources)["paths"].items():
        for operation in methods.values():
            uri = json.dumps(operation[INTEGRATION]["uri"])
            assert any(f"${{{alias}}}" in uri for alias in aliases), path


def test_runs_are_streamed() -> None:
    """The transform ignores a wrong transfer mode without an error."""
    for path, methods in definition(default_resources())["paths"].items():
        for method, operation in methods.items():
            integration = operation[INTEGRATION]
            uri = json.dumps(integration["uri"])
            if (path, method) in STREAMING:
                assert integration["responseTransferMode"] == "STREAM", path
                assert integration["timeoutInMillis"] == 900_000, path
                assert "2021-11-15" in uri, path
                assert "StreamRunFunctionAliaslive}/response-streaming-invocations" in uri, path
            elif "ForwardRequestFunction" in uri:
                assert integration["responseTransferMode"] == "STREAM", path
            else:
                assert "responseTransferMode" not in integration, path
                assert uri.count("/2015-03-31/") == 1, path
    named = {(path, m) for path, ms in definition(default_resources())["paths"].items() for m in ms}
    assert named >= STREAMING


@pytest.mark.parametrize("name", ["StreamRunFunction", "ForwardRequestFunction"])
def test_streaming_function_may_run_as_long_as_its_route(name: str) -> None:
    function = of_type(default_resources(), "AWS::Lambda::Function")[name]

    assert function["Timeout"] == 900
    assert "VpcConfig" not in function  # a function in a VPC cannot stream


def test_every_path_between_routes_serves_requests() -> None:
    """A path that only has routes below it is an unknown route."""
    paths = set(definition(default_resources())["paths"])
    between = {
        "/".join(segments[:length])
        for segments in (path.split("/") for path in paths)
        for length in range(2, len(segments))
    }

    assert between - paths == {"/webhooks", "/chat", "/images", "/audio"}
    for path in paths:
        if path.endswith("}") and not path.endswith("+}"):
            assert f"{path}/{{proxy+}}" in paths


def test_every_body_is_binary() -> None:
    """Otherwise an upload or a download is read as text."""
    assert definition(default_resources())["x-amazon-apigateway-binary-media-types"] == ["*/*"]


def deployment_of(template: dict[str, Any]) -> str:
    [name] = [
        name
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::ApiGateway::Deployment"
    ]
    return str(name)


def test_each_change_of_a_route_makes_a_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage keeps the routes of its deployment until it gets another one."""
    before = deployment_of(plain({}))
    changed = copy.deepcopy(dict(TEMPLATE))
    events = changed["Resources"]["ReceiveWebhookFunction"]["Properties"]["Events"]
    events["ResponseEnded"]["Properties"]["Path"] = "/webhooks/other"
    monkeypatch.setattr(deployments, "TEMPLATE", changed)

    assert deployment_of(plain({})) != before


def test_definition_depends_on_no_parameter() -> None:
    """A changed parameter makes no deployment, so a value in the definition would not arrive."""
    text = json.dumps(plain({})["Resources"]["Api"]["Properties"]["Body"])

    assert [name for name in TEMPLATE["Parameters"] if f'"{name}"' in text] == []
    assert "Fn::If" not in text


@pytest.mark.parametrize(
    ("kind", "status", "of"),
    [
        ("MISSING_AUTHENTICATION_TOKEN", "404", "invalid_request_error"),
        ("REQUEST_TOO_LARGE", "413", "invalid_request_error"),
        ("THROTTLED", "429", "requests"),
        ("DEFAULT_4XX", None, "invalid_request_error"),
        ("DEFAULT_5XX", None, "server_error"),
    ],
)
def test_errors_of_api_gateway_have_the_form_of_openai(
    kind: str, status: str | None, of: str
) -> None:
    """Clients read `error.message`; pages in browsers may read it too."""
    found = definition(default_resources())["x-amazon-apigateway-gateway-responses"][kind]
    error = json.loads(found["responseTemplates"]["application/json"])["error"]

    assert found.get("statusCode") == status
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["type"] == of
    headers = found["responseParameters"]
    assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
    assert headers["gatewayresponse.header.x-request-id"] == "context.requestId"


def test_api_is_deployed_and_limited() -> None:
    resources = resources_of({"RequestsPerSecond": "50"})
    [stage] = of_type(resources, "AWS::ApiGateway::Stage").values()

    assert stage["StageName"] == "v1"
    assert resources[stage["DeploymentId"]["Ref"]]["Type"] == "AWS::ApiGateway::Deployment"
    assert "AccessLogSetting" not in stage
    [settings] = stage["MethodSettings"]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert settings["ThrottlingRateLimit"] == settings["ThrottlingBurstLimit"] == "50"


@pytest.mark.parametrize(
    ("given", "logs", "role"),
    [("off", False, False), ("on", True, False), ("on-and-set-role", True, True)],
)
def test_access_logs_change_the_account_only_on_request(given: str, logs: bool, role: bool) -> None:
    """The role is set for all APIs of the account, so it also stays when the stack is deleted."""
    resources = resources_of({"AccessLogs": given})
    [stage] = of_type(resources, "AWS::ApiGateway::Stage").values()

    assert ("AccessLogSetting" in stage) is logs
    for name in ("ApiAccount", "ApiLogsRole"):
        assert (name in resources) is role
        assert not role or resources[name]["DeletionPolicy"] == "Retain"


def test_custom_domain_serves_the_api() -> None:
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1"
    given = {"DomainName": "assistants.example.com", "CertificateArn": certificate}
    resources = resources_of(given)
    [domain] = of_type(resources, "AWS::ApiGatewayV2::DomainName").values()
    [mapping] = of_type(resources, "AWS::ApiGatewayV2::ApiMapping").values()

    [configuration] = domain["DomainNameConfigurations"]
    assert configuration["CertificateArn"] == certificate
    assert configuration["SecurityPolicy"] == "TLS_1_2"
    assert mapping["ApiId"] == {"Ref": "Api"}
    assert mapping["Stage"] == {"Ref": "Apiv1Stage"}
    assert mapping["ApiMappingKey"] == "v1"
    assert mapping["DomainName"] == {"Ref": "ApiDomain"}
