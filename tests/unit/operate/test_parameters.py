"""Parameters of a deployment: files, command line, checks."""

import json
from pathlib import Path

import pytest

from operate import parameters
from operate.parameters import ParameterError
from tests.contract.conftest import ROOT

TEMPLATE = parameters.read_template(ROOT / "template.yaml")
BUDGETS = '{"tenant_month_usd":100,"run_usd":0.5,"runs_per_minute":60}'
TOOL = {
    "name": "stock",
    "arn": "arn:aws:lambda:us-east-1:123456789012:function:stock",
    "description": "Looks up stock",
    "parameters": {"type": "object", "properties": {}},
}


def complete(**given: str) -> dict[str, str]:
    """Returns all values of a deployment that overrides some."""
    return parameters.complete(TEMPLATE, given, secrets={"OpenAIApiKey": "made-up"})


def problems(**given: str) -> str:
    """Returns what is wrong with these parameters."""
    with pytest.raises(ParameterError) as raised:
        parameters.check(TEMPLATE, complete(**given))
    return str(raised.value)


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_files_of_the_repository_are_valid(stage: str) -> None:
    """A fresh clone can be deployed in both stages."""
    given = parameters.from_file(ROOT / "parameters" / f"{stage}.json")

    parameters.check(TEMPLATE, complete(**given))


def test_file_holds_json_as_json(tmp_path: Path) -> None:
    """Objects, lists, numbers and booleans need no quoting by hand; null means the default."""
    file = tmp_path / "dev.json"
    file.write_text(
        json.dumps(
            {
                "DefaultBudgets": json.loads(BUDGETS),
                "ServerTools": ["query_database", "get_table_schema"],
                "RemoteTools": [TOOL],
                "WebhooksEnabled": True,
                "ThreadTtlDays": 90,
                "DatabaseTables": "",
                "LogLevel": None,
            }
        )
    )

    assert parameters.from_file(file) == {
        "DefaultBudgets": BUDGETS,
        "ServerTools": "query_database,get_table_schema",
        "RemoteTools": json.dumps([TOOL], separators=(",", ":")),
        "WebhooksEnabled": "true",
        "ThreadTtlDays": "90",
        "DatabaseTables": "",
    }


@pytest.mark.parametrize("text", ["[]", "{", '"x"'])
def test_file_that_is_no_object_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "dev.json"
    file.write_text(text)

    with pytest.raises(ParameterError, match=r"dev\.json"):
        parameters.from_file(file)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("LogLevel=DEBUG", {"LogLevel": "DEBUG"}),
        (
            f"DefaultBudgets={BUDGETS} LogLevel=DEBUG",
            {"DefaultBudgets": BUDGETS, "LogLevel": "DEBUG"},
        ),
        (
            'DropDefaults={"a": {"message": "x = {y} \\"z\\""}}  Stage=dev',
            {"DropDefaults": '{"a": {"message": "x = {y} \\"z\\""}}', "Stage": "dev"},
        ),
        ("ServerTools= LogLevel=INFO", {"ServerTools": "", "LogLevel": "INFO"}),
        ("ServerTools='a, b'\tLogLevel=INFO", {"ServerTools": "a, b", "LogLevel": "INFO"}),
        ('JwtAudience="it\'s us"', {"JwtAudience": "it's us"}),
    ],
)
def test_command_line_is_parsed_without_a_shell(text: str, values: dict[str, str]) -> None:
    assert parameters.from_text(text) == values


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("LogLevel", "LogLevel"),
        ("DefaultBudgets={run_usd:0.5}", "single quotes"),
        ("JwtAudience='open", "closing quote"),
        ("LogLevel=DEBUG =", "Name=value"),
    ],
)
def test_command_line_that_cannot_be_parsed_is_explained(text: str, named: str) -> None:
    with pytest.raises(ParameterError, match=named):
        parameters.from_text(text)


def test_command_line_wins_over_file_and_file_over_default() -> None:
    values = parameters.complete(
        TEMPLATE, {"LogLevel": "DEBUG", "MaxToolRounds": "5"}, {"LogLevel": "ERROR"}, secrets={}
    )

    assert values["LogLevel"] == "ERROR"
    assert values["MaxToolRounds"] == "5"
    assert values["ThreadTtlDays"] == "60"


def test_secret_that_is_not_given_is_left_to_cloudformation() -> None:
    """It keeps the value of the deploy before, so that the operator need not repeat the key."""
    values = parameters.complete(TEMPLATE, secrets={})

    assert values.keys() == TEMPLATE["Parameters"].keys() - {"OpenAIApiKey", "FallbackApiKey"}


@pytest.mark.parametrize(
    ("name", "variable"),
    [("OpenAIApiKey", "OPENAI_API_KEY"), ("FallbackApiKey", "FALLBACK_API_KEY")],
)
def test_secret_outside_the_environment_is_rejected(name: str, variable: str) -> None:
    """Files are committed and command lines are logged. The value itself is not repeated."""
    with pytest.raises(ParameterError, match=variable) as raised:
        complete(**{name: "made-up-key"})

    assert "made-up-key" not in str(raised.value)


def test_every_secret_of_the_template_has_its_variable() -> None:
    hidden = {name for name, given in TEMPLATE["Parameters"].items() if given.get("NoEcho")}

    assert set(parameters.SECRETS.values()) == hidden


def test_unknown_parameter_is_named() -> None:
    with pytest.raises(ParameterError, match="WebhookEnabled"):
        complete(WebhookEnabled="true")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ThreadTtlDays", "soon", "not a number"),
        ("ThreadTtlDays", "0", "between 1 and 730"),
        ("LogLevel", "TRACE", "not one of DEBUG"),
        ("LogRetentionDays", "2", "not one of"),
        ("OpenAIBaseUrl", "api.openai.com", "does not match"),
        ("ModelAliases", "{" + " " * 500 + "}", "502 characters"),
        ("ModelAliases", "{a}", "ModelAliases"),
        ("ModelAliases", '{"gpt-4": 4}', "string"),
        ("DropDefaults", '{"reports": {"assistant": "asst_1"}}', "reports.assistant"),
        ("DropDefaults", '{"reports"}', "DropDefaults"),
        ("DefaultBudgets", '{"run_usd": 0}', "DefaultBudgets"),
        ("RemoteToolArns", "stock", "does not match"),
        ("AllowedOrigins", "https://a.example.com/path", "does not match"),
        ("ToolSubnetIds", "subnet-1 subnet-2", "does not match"),
    ],
)
def test_wrong_value_is_rejected_before_sam_runs(name: str, value: str, said: str) -> None:
    """By the template's constraints, then by the code that reads the value on Lambda."""
    text = problems(**{name: value})

    assert name in text
    assert said in text


def test_remote_tools_are_read_as_on_lambda() -> None:
    arns = {"RemoteToolArns": TOOL["arn"]}

    parameters.check(TEMPLATE, complete(RemoteTools=json.dumps([TOOL]), **arns))
    wrong = json.dumps([{**TOOL, "parameters": {"type": "string"}}])
    assert "RemoteTools" in problems(RemoteTools=wrong, **arns)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"RemoteTools": json.dumps([TOOL])}, "RemoteToolArns"),
        ({"DomainName": "assistants.example.com"}, "CertificateArn"),
        ({"ToolSubnetIds": "subnet-1"}, "ToolSecurityGroupIds"),
        ({"ToolSecurityGroupIds": "sg-1"}, "ToolSubnetIds"),
        ({"DatabaseSecretKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1"}, "DatabaseSecretArn"),
    ],
)
def test_parameters_that_need_each_other(given: dict[str, str], missing: str) -> None:
    """The template's Rules, which CloudFormation would check minutes later."""
    assert missing in problems(**given)


def test_variables_of_a_function_must_fit_into_its_environment() -> None:
    """Lambda allows 4 KB in total, and would say so in the middle of a deploy."""
    tool = {**TOOL, "description": "x" * 2400}
    given = {"RemoteTools": json.dumps([tool]), "RemoteToolArns": str(TOOL["arn"])}

    parameters.check(TEMPLATE, complete(**given))
    assert "Lambda allows 4096" in problems(**given, DatabaseTables="t" * 400)
