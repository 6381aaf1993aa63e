"""The functions behind the REST API: what each must know, and which paths reach it."""

from collections.abc import Iterator

import pytest

from local.front.routes import Route, RouteTable
from tests.contract.deployments import default_resources, of_type, resources_of

ORIGINS = "https://app.example.com,https://www.example.com"
NOT_FOR_BROWSERS = {"ReceiveWebhookFunction": "only the provider calls it"}


def routes() -> Iterator[Route]:
    """Yields the routes of the transformed template."""
    [api] = of_type(default_resources(), "AWS::ApiGateway::RestApi").values()
    for path, operations in api["Body"]["paths"].items():
        for method, operation in operations.items():
            uri = str(operation["x-amazon-apigateway-integration"]["uri"])
            [function] = [
                name for name in functions() if f"{name}." in uri or f"{name}Alias" in uri
            ]
            verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
            yield Route(verb, path, function)


def functions() -> list[str]:
    return list(of_type(default_resources(), "AWS::Lambda::Function"))


def test_allowed_origins_reach_every_function_behind_the_api() -> None:
    """A function without them would reject the preflight of its paths."""
    resources = resources_of({"AllowedOrigins": ORIGINS})
    behind = {route.function for route in routes()} - NOT_FOR_BROWSERS.keys()

    assert {"ApiFunction", "FilesFunction", "StreamRunFunction"} <= behind
    for name in behind:
        variables = resources[name]["Properties"]["Environment"]["Variables"]
        assert variables["ALLOWED_ORIGINS"] == ORIGINS, name


@pytest.mark.parametrize("prefix", ["", "/openai", "/openai/v1"])
@pytest.mark.parametrize(
    ("path", "function"),
    [
        ("/files", "FilesFunction"),
        ("/files/file-1", "FilesFunction"),
        ("/files/file-1/content", "FilesFunction"),
        ("/uploads", "FilesFunction"),
        ("/uploads/upload_1/parts", "FilesFunction"),
        ("/vector_stores", "FilesFunction"),
        ("/vector_stores/vs_1/file_batches/b/files", "FilesFunction"),
        ("/assistants", "ApiFunction"),
        ("/assistants/asst_1", "ApiFunction"),
        ("/threads/thread_1", "ApiFunction"),
        ("/threads/thread_1/messages/msg_1", "ApiFunction"),
        ("/models/gpt-4o", "ApiFunction"),
        ("/filesystem", "ApiFunction"),
    ],
)
def test_paths_reach_their_function_with_every_prefix(
    prefix: str, path: str, function: str
) -> None:
    """Clients of Azure have a prefix before the path."""
    match = RouteTable(routes()).match("GET", prefix + path)

    assert match is not None
    assert match.route.function == function
