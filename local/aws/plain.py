"""The template as plain CloudFormation, for linters and scanners that read nothing else.

    python -m local.aws.plain prod > .scan/template.json

The parameters that have no default get a value; the state machine's definition becomes an object,
which is the form in which cfn-lint looks into it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from local.aws import transform

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"


def plain(stage: str) -> dict[str, Any]:
    """The transformed template of a stage."""
    template = transform.read(TEMPLATE, {"OpenAIApiKey": "none", "Stage": stage}).plain
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            properties = resource["Properties"]
            lines = properties.pop("DefinitionString")["Fn::Join"][1]
            properties["Definition"] = json.loads("\n".join(lines))
    return template


if __name__ == "__main__":
    json.dump(plain(sys.argv[1]), sys.stdout, indent=1)
