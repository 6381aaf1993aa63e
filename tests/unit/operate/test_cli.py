"""The `understudy` command: which deployment it works on, and errors as one line."""

import importlib.metadata
import json
import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import boto3
import botocore.exceptions
import click
import pytest
from botocore.stub import Stubber
from click.testing import CliRunner

from local.serve import write_env
from operate import cli, deployment
from operate.failures import one_line

OUTPUTS = {"TableName": "table", "BucketName": "bucket", "BaseUrl": "https://api.example.com/v1"}


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout in which nothing runs and nothing was deployed."""
    monkeypatch.delenv("UNDERSTUDY_ENV_FILE", raising=False)
    monkeypatch.setattr(deployment, "STATE", tmp_path)
    monkeypatch.setattr(deployment, "DEPLOYED", tmp_path / "deployed")
    with mock.patch.dict(os.environ):
        yield tmp_path


@pytest.fixture
def cloudformation(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """Answers DescribeStacks."""
    client = boto3.client("cloudformation")
    monkeypatch.setattr(deployment.boto3, "client", lambda service: client)
    with Stubber(client) as stubber:
        yield stubber


def expect(cloudformation: Stubber, stack: str) -> None:
    outputs = [{"OutputKey": name, "OutputValue": value} for name, value in OUTPUTS.items()]
    answer = {
        "StackName": stack, "CreationTime": 0, "StackStatus": "CREATE_COMPLETE", "Outputs": outputs,
    }  # fmt: skip
    cloudformation.add_response("describe_stacks", {"Stacks": [answer]}, {"StackName": stack})


def test_the_default_is_the_stack_that_make_deploy_creates(cloudformation: Stubber) -> None:
    expect(cloudformation, "understudy-dev")

    assert deployment.find_deployment(None).outputs == OUTPUTS
    cloudformation.assert_no_pending_responses()


def test_the_last_deployment_wins_over_the_default(cloudformation: Stubber, checkout: Path) -> None:
    (checkout / "deployed").write_text("understudy-prod\n")
    expect(cloudformation, "understudy-prod")

    found = deployment.find_deployment(None)

    assert found.label == "stack understudy-prod (the last deployment)"
    cloudformation.assert_no_pending_responses()


def test_make_local_wins_over_the_last_deployment(checkout: Path) -> None:
    (checkout / "deployed").write_text("understudy-prod\n")
    write_local(checkout)

    found = deployment.find_deployment(None)

    assert found.label == "make local"
    assert found.outputs == {**OUTPUTS, "BaseUrl": "http://127.0.0.1:1/v1"}
    assert found.saved_key() == "us-it's local"
    assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:2"


def test_a_named_stack_wins_over_make_local(cloudformation: Stubber, checkout: Path) -> None:
    write_local(checkout)
    expect(cloudformation, "understudy-prod")

    assert deployment.find_deployment("understudy-prod").label == "stack understudy-prod"
    assert os.environ.get("AWS_ENDPOINT_URL") != "http://127.0.0.1:2"


def write_local(checkout: Path) -> None:
    values = {
        "UNDERSTUDY_BASE_URL": "http://127.0.0.1:1/v1",
        "UNDERSTUDY_API_KEY": "us-it's local",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:2",
        "UNDERSTUDY_OUTPUTS": json.dumps(OUTPUTS),
    }
    write_env(checkout / "env", values)


def test_a_saved_key_is_readable_by_the_user_only(checkout: Path) -> None:
    found = deployment.Deployment("stack s", {}, checkout / "s.key")

    assert found.saved_key() == ""
    found.save_key("us-1")

    assert found.saved_key() == "us-1"
    assert (checkout / "s.key").stat().st_mode & 0o777 == 0o600


def client_error(code: str, message: str = "text") -> Exception:
    response = {"Error": {"Code": code, "Message": message}}
    return botocore.exceptions.ClientError(response, "DescribeStacks")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "next_step"),
    [
        (botocore.exceptions.NoCredentialsError(), "aws sso login"),
        (botocore.exceptions.NoRegionError(), "AWS_DEFAULT_REGION"),
        (botocore.exceptions.ProfileNotFound(profile="x"), "AWS_PROFILE"),
        (botocore.exceptions.EndpointConnectionError(endpoint_url="http://x"), "network"),
        (botocore.exceptions.ConnectTimeoutError(endpoint_url="http://x"), "network"),
        (client_error("ValidationError", "Stack with id x does not exist"), "make deploy"),
        (client_error("ExpiredToken"), "aws sso login"),
        (client_error("InvalidClientTokenId"), "aws sso login"),
        (client_error("AccessDenied", "Not authorized."), "allow DescribeStacks"),
        (client_error("Throttling"), "AWS refused DescribeStacks: Throttling"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
def test_sdk_errors_are_one_line_with_a_next_step(
    error: Exception,
    next_step: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(deployment, "find_deployment", fail)

    assert cli.main(["budget", "show", "acme"]) == 1

    printed = capsys.readouterr().err
    assert next_step in printed
    assert printed.count("\n") == 1


def test_a_fault_of_the_program_keeps_its_traceback() -> None:
    assert one_line(ZeroDivisionError()) is None


def test_an_output_that_is_missing_names_the_next_step(checkout: Path) -> None:
    found = deployment.Deployment("stack s", {}, checkout / "s.key")

    with pytest.raises(deployment.CommandError, match=r"no output TableName\. Deploy"):
        found.output("TableName")


def test_wrong_arguments_are_explained_with_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["budget", "shw"]) == 2
    assert "No such command 'shw'" in capsys.readouterr().err


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_help_and_json(name: str) -> None:
    with click.Context(cli.understudy) as context:
        command = cli.understudy.get_command(context, name)
    assert command is not None
    runnable = list(command.commands.values()) if isinstance(command, click.Group) else [command]

    for each in runnable:
        assert each.help
        assert {"as_json", "stack"} <= {option.name for option in each.params}
    assert CliRunner().invoke(cli.understudy, [name, "--help"]).exit_code == 0


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completion_scripts_call_the_command(shell: str) -> None:
    printed = CliRunner().invoke(cli.understudy, ["completion", shell]).output

    assert f"_UNDERSTUDY_COMPLETE={shell}_complete" in printed


def test_the_environment_has_the_console_command() -> None:
    [found] = importlib.metadata.entry_points(group="console_scripts", name="understudy")

    assert found.load() is cli.main
