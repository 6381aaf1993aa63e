"""Deploys a stage: checks the parameters, builds, and runs `sam deploy`.

    make deploy STAGE=dev PARAMETERS='LogLevel=DEBUG DefaultBudgets={"run_usd":0.5}'

The first deploy of a stage asks for the provider's API key, an e-mail address for alarms and a
default model. The key comes from OPENAI_API_KEY if that is set; it is passed to SAM in a file that
only the user can read, never on a command line.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from getpass import getpass
from pathlib import Path

import boto3
import yaml
from botocore.exceptions import BotoCoreError, ClientError

from operate import parameters
from operate.parameters import SECRETS, ParameterError, Values
from operate.release import stamp

ROOT = Path(__file__).resolve().parents[1]
BUILT = ROOT / ".aws-sam" / "build"
QUESTIONS = {
    "AlarmEmail": "E-mail address for alarms (empty: none): ",
    "DefaultModel": "Model of assistants that are created without one (empty: none): ",
}
FAILED_FIRST_DEPLOY = "ROLLBACK_COMPLETE"


class DeployError(Exception):
    """The deployment cannot start; the text says what to do."""


def main() -> int:
    """Returns the exit status of `sam deploy`, or 1 with one line per problem."""
    parser = argparse.ArgumentParser(prog="make deploy", description=__doc__)
    parser.add_argument("--stage", default="dev", choices=["dev", "prod"])
    parser.add_argument("--architecture", default="arm64", choices=["arm64", "x86_64"])
    parser.add_argument("--sam", default="sam", help="the SAM command")
    given = parser.parse_args()
    try:
        return deploy(given.stage, given.architecture, given.sam)
    except (DeployError, ParameterError) as error:
        print(f"Not deployed.\n{error}", file=sys.stderr)
    except (BotoCoreError, ClientError) as error:
        print(f"Not deployed. AWS cannot be reached: {error}", file=sys.stderr)
    return 1


def deploy(stage: str, architecture: str, sam: str) -> int:
    """Runs all steps; returns the exit status of `sam deploy`."""
    template = parameters.read_template(ROOT / "template.yaml")
    file = ROOT / "parameters" / f"{stage}.json"
    fixed = {"Stage": stage, "Architecture": architecture}
    on_command_line = parameters.from_text(os.environ.get("PARAMETERS", ""))
    values = parameters.complete(
        template, parameters.from_file(file), on_command_line, fixed, secrets=secrets()
    )
    parameters.check(template, values)
    is_first = not exists(f"understudy-{stage}")
    if is_first:
        answered = answers(values)
        values |= answered
        parameters.check(template, values)
        keep(file, answered)
    if on_command_line:
        names = ", ".join(sorted(on_command_line))
        print(
            f"For this deploy only: {names}. Write them to {file.relative_to(ROOT)} to keep them."
        )
    make = os.environ.get("MAKE", "make")
    built = subprocess.run(
        [make, "--no-print-directory", "build", f"ARCHITECTURE={architecture}"],
        cwd=ROOT,
        check=False,
    )
    if built.returncode:
        return built.returncode
    stamp(template, values, BUILT)
    return run_sam(sam, stage, values, confirm=not is_first)


def secrets() -> Values:
    """Returns the secrets that the environment has, by parameter."""
    return {name: os.environ[key] for key, name in SECRETS.items() if key in os.environ}


def exists(stack: str) -> bool:
    """Whether the stack has been deployed. Raises DeployError if its first deploy failed."""
    try:
        found = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return False
        raise
    if found["StackStatus"] == FAILED_FIRST_DEPLOY:
        remove = f"aws cloudformation delete-stack --stack-name {stack}"
        raise DeployError(f"The first deploy of {stack} failed. Run `{remove}`, then deploy again.")
    return str(found["StackStatus"]) != "REVIEW_IN_PROGRESS"


def answers(values: Values) -> Values:
    """Asks for what a first deploy needs and nothing has given.

    Raises DeployError for a missing key where there is no terminal to ask.
    """
    is_terminal = sys.stdin.isatty()
    answered: Values = {}
    if is_terminal:
        asked = {name: text for name, text in QUESTIONS.items() if not values.get(name)}
        answered = {name: input(text).strip() for name, text in asked.items()}
    if not values.get("OpenAIApiKey"):
        if not is_terminal:
            raise DeployError("The first deploy needs the provider's key in OPENAI_API_KEY.")
        answered["OpenAIApiKey"] = getpass("API key of the model provider: ").strip()
    return answered


def keep(file: Path, answered: Values) -> None:
    """Writes the answers to the stage's file, so that the next deploy has them; never a secret."""
    kept = {name: answered[name] for name in QUESTIONS if answered.get(name)}
    if kept:
        known = json.loads(file.read_text()) if file.exists() else {}
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({**known, **kept}, indent=2) + "\n")


def run_sam(sam: str, stage: str, values: Values, *, confirm: bool) -> int:
    """Runs `sam deploy` with the values in a private file; returns its exit status."""
    with tempfile.TemporaryDirectory() as folder:  # readable by the user only
        overrides = Path(folder) / "parameters.yaml"
        overrides.write_text(for_sam(values))
        command = [sam, "deploy", "--config-env", stage]
        command += ["--parameter-overrides", f"file://{overrides}"]
        command += [] if confirm else ["--no-confirm-changeset"]
        return subprocess.run(command, cwd=ROOT, check=False).returncode


def for_sam(values: Values) -> str:
    """Returns a YAML file for `sam deploy --parameter-overrides file://…`."""
    protected = {name: _protected(value) for name, value in values.items()}
    text: str = yaml.safe_dump(protected, default_style='"', allow_unicode=True, width=65536)
    return text


def _protected(value: str) -> str:
    """Adds what SAM removes: a pair of quotes, and the backslash before a space or a quote.

    SAM removes them once as it reads the file and once more as it reads the option.
    """
    for _ in range(2):
        value = re.sub(r"\\(?=[ \"'])", r"\\\\", value)
        value = f'"{value}"' if value[:1] in ('"', "'") else value
    return value


if __name__ == "__main__":
    sys.exit(main())
