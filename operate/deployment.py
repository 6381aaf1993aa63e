"""Which deployment a command is for: a table and a bucket by name, or the stack that made them."""

import argparse
import json
import os

import boto3
from understudy.services import Services
from understudy.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--table`, or `TABLE_NAME` in the environment, or else the output of `--stack`."""
    parser.add_argument("--table", default=os.environ.get("TABLE_NAME", ""), help="the table")
    parser.add_argument("--stack", default="understudy", help="name of the CloudFormation stack")


def services_of(given: argparse.Namespace) -> Services:
    """The services of the deployment, as far as they need nothing but its table and its bucket."""
    if given.table:
        names = {
            "TableName": given.table,
            "BucketName": os.environ.get("BUCKET_NAME", ""),
            "ReceiverSecretArn": os.environ.get("RECEIVER_SECRET_ARN", ""),
            "DefaultBudgets": os.environ.get("DEFAULT_BUDGETS", "{}"),
        }
    else:
        names = outputs_of(given.stack)
    return Services(
        Settings(
            table_name=names["TableName"],
            bucket_name=names["BucketName"],
            receiver_secret_arn=names.get("ReceiverSecretArn", ""),
            default_budgets=json.loads(names.get("DefaultBudgets", "{}")),
        )
    )


def outputs_of(stack: str) -> dict[str, str]:
    """The outputs of a deployed stack by name."""
    found = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
