"""The handler that people write first: all libraries and all clients at import."""

from typing import Any

import boto3
import openai
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities import parameters

logger = Logger()
metrics = Metrics(namespace="Naive")
tracer = Tracer()
app = APIGatewayHttpResolver()
secrets = parameters.SecretsProvider()
table = boto3.client("dynamodb")
bucket = boto3.client("s3")
executions = boto3.client("stepfunctions")
responses = openai.OpenAI(api_key="sk-none", max_retries=0).responses


@app.get("/v1/threads/<thread_id>")
def thread(thread_id: str) -> dict[str, str]:
    return {"id": thread_id}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
