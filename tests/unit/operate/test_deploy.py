"""`make deploy`: the questions of a first deploy, secrets, and what SAM is given."""

import io
import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from operate import deploy
from operate.deploy import DeployError
from tests.contract.conftest import ROOT

SAM_PYTHON = ROOT / ".venv-sam" / "bin" / "python"
BUDGETS = '{"tenant_month_usd":100,"run_usd":0.5,"runs_per_minute":60}'
KEY = "made-up-key"
SAM = """#!{python}
import json, os, pathlib, stat, sys
[file] = [each.removeprefix("file://") for each in sys.argv if each.startswith("file://")]
folder = os.path.dirname(file)
pathlib.Path({seen!r}).write_text(json.dumps({{
    "arguments": sys.argv[1:], "file": pathlib.Path(file).read_text(), "path": file,
    "folder_mode": stat.S_IMODE(os.stat(folder).st_mode),
}}))
sys.exit(3)
"""
"""Records how it was called."""


class Terminal(io.StringIO):
    """Standard input with a person at it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty account."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield boto3.client("cloudformation")


def test_stack_that_was_never_deployed_does_not_exist(aws: Any) -> None:
    assert not deploy.exists("understudy-dev")

    queue = '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'
    aws.create_stack(StackName="understudy-dev", TemplateBody=queue)
    assert deploy.exists("understudy-dev")


def test_failed_first_deploy_is_explained(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudFormation cannot update such a stack; the message has the command that removes it."""
    queue = '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'
    aws.create_stack(StackName="understudy-dev", TemplateBody=queue)
    found = aws.describe_stacks()["Stacks"][0] | {"StackStatus": "ROLLBACK_COMPLETE"}
    monkeypatch.setattr(aws, "describe_stacks", lambda **_: {"Stacks": [found]})
    monkeypatch.setattr(deploy.boto3, "client", lambda _: aws)

    with pytest.raises(DeployError, match="delete-stack --stack-name understudy-dev"):
        deploy.exists("understudy-dev")


def test_first_deploy_asks_three_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mail, model and, without an echo, the key."""
    asked: list[str] = []
    monkeypatch.setattr(sys, "stdin", Terminal("ops@example.com\ngpt-6-luna\n"))
    monkeypatch.setattr(deploy, "getpass", lambda text: asked.append(text) or KEY)

    answered = deploy.answers({"AlarmEmail": "", "DefaultModel": ""})

    assert answered == {
        "AlarmEmail": "ops@example.com",
        "DefaultModel": "gpt-6-luna",
        "OpenAIApiKey": KEY,
    }
    assert len(asked) + len(deploy.QUESTIONS) == 3


def test_what_is_known_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    known = {"AlarmEmail": "a@example.com", "DefaultModel": "gpt-6-luna", "OpenAIApiKey": KEY}

    assert deploy.answers(known) == {}


def test_without_a_terminal_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """CI gives the key in the environment, or gets one line that says so."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    assert deploy.answers({"OpenAIApiKey": KEY}) == {}
    with pytest.raises(DeployError, match="OPENAI_API_KEY"):
        deploy.answers({})


def test_answers_are_kept_in_the_file_of_the_stage_without_the_key(tmp_path: Path) -> None:
    file = tmp_path / "parameters" / "dev.json"
    deploy.keep(file, {"AlarmEmail": "ops@example.com", "DefaultModel": "", "OpenAIApiKey": KEY})
    deploy.keep(file, {"DefaultModel": "gpt-6-luna"})

    assert json.loads(file.read_text()) == {
        "AlarmEmail": "ops@example.com",
        "DefaultModel": "gpt-6-luna",
    }


@pytest.mark.parametrize("confirm", [True, False])
def test_secrets_reach_sam_in_a_private_file_only(tmp_path: Path, confirm: bool) -> None:
    """Command lines show in process lists and logs. The file is gone when SAM has ended."""
    seen, sam = tmp_path / "seen.json", tmp_path / "sam"
    sam.write_text(SAM.format(python=sys.executable, seen=str(seen)))
    sam.chmod(0o700)

    status = deploy.run_sam(str(sam), "dev", {"OpenAIApiKey": KEY}, confirm=confirm)

    told = json.loads(seen.read_text())
    assert status == 3
    assert told["arguments"][:3] == ["deploy", "--config-env", "dev"]
    assert ("--no-confirm-changeset" in told["arguments"]) is not confirm
    assert "--guided" not in told["arguments"]
    assert KEY not in " ".join(told["arguments"])
    assert KEY in told["file"]
    assert told["folder_mode"] == stat.S_IRWXU
    assert not Path(told["path"]).exists()


def parsed_by_sam(file: Path) -> dict[str, str]:
    """Returns what SAM's own option type reads from `--parameter-overrides file://…`."""
    code = (
        "import json, sys; from samcli.cli.types import CfnParameterOverridesType as Overrides;"
        "print(json.dumps(Overrides().convert(('file://' + sys.argv[1],), None, None)))"
    )
    shown = subprocess.run(
        [SAM_PYTHON, "-c", code, str(file)], check=True, capture_output=True, text=True
    )
    parsed: dict[str, str] = json.loads(shown.stdout)
    return parsed


@pytest.mark.skipif(not SAM_PYTHON.exists(), reason="SAM is not installed; make validate does it")
def test_sam_reads_every_value_as_it_was_given(tmp_path: Path) -> None:
    """Quotes, backslashes, spaces and empty values survive SAM's own parsing."""
    hard: dict[str, Any] = {
        "DefaultBudgets": BUDGETS,
        "DropDefaults": json.dumps({"a": {"message": 'say "hi" \\ it\'s\nnew é 🦉'}}),
        "Escaped": r"a\ b\"c\'d\\e",
        "Quoted": '"quoted"',
        "Single": "'quoted'",
        "Lone": '"',
        "Unicode": "é 🦉 \u2028",
        "Empty": "",
        "Spaces": "a b  c",
        "Equals": "A=1 B=2",
        "Null": "None",
        "Number": "007",
        "Truth": "true",
        "Yaml": "- a: {b}",
        "Reference": "file://x.yaml",
    }
    file = tmp_path / "parameters.yaml"
    file.write_text(deploy.for_sam(hard))

    assert parsed_by_sam(file) == hard
