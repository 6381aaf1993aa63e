"""Which deployment a command is for: a table by its name, or the stack that made it."""

import argparse
import os

import boto3
from understudy.bootstrap import Services
from understudy.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--table`, or `TABLE_NAME` in the environment, or else the output of `--stack`."""
    parser.add_argument("--table", default=os.environ.get("TABLE_NAME", ""), help="the table")
    parser.add_argument("--stack", default="understudy", help="name of the CloudFormation stack")


def services_of(given: argparse.Namespace) -> Services:
    """The services of the deployment, as far as they need nothing but its table."""
    return Services(Settings(table_name=given.table or _table_of(given.stack)))


def _table_of(stack: str) -> str:
    found = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    return str(outputs["TableName"])
