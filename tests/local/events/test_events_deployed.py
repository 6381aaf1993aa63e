"""A SAM template, deployed on local AWS: every kind of event reaches its function."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from local.aws.clients import client_of
from local.aws.deployment import Deployment
from local.aws.local_aws import LocalAws
from local.events import EventSources
from local.front import ApiDefinition, RestApi
from tests.limits import WAIT_SECONDS
from tests.local.events import stack
from tests.local.front.apis import reply

_TEMPLATE = """
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.13, CodeUri: functions/, Handler: any.app.handler}
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: v1, OpenApiVersion: 3.0.1}}
  ApiFunction:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        All: {Type: Api, Properties: {RestApiId: !Ref Api, Path: '/{proxy+}', Method: ANY}}
        Health:
          Type: Api
          Properties: {RestApiId: !Ref Api, Path: /health, Method: GET}
  UploadFunction:
    Type: AWS::Serverless::Function
    Properties:
      DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Failed.Arn}
      Events:
        Drop:
          Type: S3
          Properties:
            Bucket: !Ref Files
            Events: s3:ObjectCreated:*
            Filter: {S3Key: {Rules: [{Name: prefix, Value: drop/}]}}
  CleanUpFunction:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Expired:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            StartingPosition: TRIM_HORIZON
            FilterCriteria:
              Filters:
                - Pattern: >-
                    {"userIdentity": {"type": ["Service"]},
                     "dynamodb": {"OldImage": {"entity": {"S": ["thread"]}}}}
  CloseRunFunction:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Ended:
          Type: EventBridgeRule
          Properties: {Pattern: {source: [aws.states], detail: {status: [FAILED]}}}
        RunEvents:
          Type: EventBridgeRule
          Properties: {EventBusName: run-events, Pattern: {source: [understudy]}}
        Sweep: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(5 minutes)}}
  Files: {Type: AWS::S3::Bucket}
  Failed: {Type: AWS::SQS::Queue}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      TimeToLiveSpecification: {AttributeName: ttl, Enabled: true}
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
"""


def _upload(_: dict[str, Any]) -> None:
    raise ValueError("no room")


class Deployed:
    """The template with its event sources and its REST API."""

    def __init__(self, aws: LocalAws, template: Path) -> None:
        self.aws = aws
        self.functions = stack.Functions(
            ApiFunction=lambda event: reply({"route": event["resource"]}),
            UploadFunction=_upload,
        )
        self.deployment: Deployment = aws.deploy(template)
        self.clock = stack.ManualClock()
        self.sources = EventSources(
            self.deployment, self.functions.invoke, aws.endpoint, self.clock
        )
        self.sources.connect(aws)
        self.api = RestApi(ApiDefinition.of(self.deployment), self.functions.invoke, aws.stream)

    def client(self, service: str) -> Any:
        return client_of(service, self.aws.endpoint)

    def close(self) -> None:
        self.api.close()
        self.sources.close()

    def calls_of(self, function: str) -> list[dict[str, Any]]:
        self.sources.drain(WAIT_SECONDS)
        return [event for name, event in self.functions.calls if name == function]


@pytest.fixture(scope="module")
def deployed(local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    template = tmp_path_factory.mktemp("app") / "template.yaml"
    template.write_text(_TEMPLATE)
    made = Deployed(local_aws, template)
    yield made
    made.close()


def test_routes_come_from_template(deployed: Deployed) -> None:
    """Each route invokes its function."""
    url = deployed.api.url

    assert httpx2.get(f"{url}/v1/x", timeout=WAIT_SECONDS).json() == {"route": "/{proxy+}"}
    assert httpx2.get(f"{url}/v1/health", timeout=WAIT_SECONDS).json() == {"route": "/health"}


def test_failed_object_event_goes_to_dead_letter_queue(deployed: Deployed) -> None:
    """The function gets the S3 event, and after the last attempt the queue gets it."""
    bucket = deployed.deployment.physical_ids["Files"]
    deployed.client("s3").put_object(Bucket=bucket, Key="drop/a.csv", Body=b"x")
    deployed.client("s3").put_object(Bucket=bucket, Key="other/a.csv", Body=b"x")

    deployed.clock.fire_next()
    deployed.clock.fire_next()
    [event, _, _] = deployed.calls_of("UploadFunction")

    sqs = deployed.client("sqs")
    queue = deployed.deployment.physical_ids["Failed"]
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert event["Records"][0]["s3"]["object"]["key"] == "drop/a.csv"
    assert json.loads(message["Body"]) == event


def test_expired_item_reaches_function_of_stream(deployed: Deployed) -> None:
    """Only removals of threads by DynamoDB itself match the filter."""
    table = deployed.deployment.physical_ids["Table"]
    dynamodb = deployed.client("dynamodb")
    for key, entity in (("t1", "thread"), ("t2", "thread"), ("r1", "run")):
        item = {"pk": {"S": key}, "entity": {"S": entity}, "ttl": {"N": "1700000000"}}
        dynamodb.put_item(TableName=table, Item=item)
    dynamodb.delete_item(TableName=table, Key={"pk": {"S": "t2"}})

    assert deployed.sources.expire() == 2

    records = [
        record for event in deployed.calls_of("CleanUpFunction") for record in event["Records"]
    ]
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in records] == ["t1"]


def test_events_and_schedules_reach_functions(deployed: Deployed) -> None:
    """A status event, an event of a custom bus and a schedule invoke the function."""
    deployed.sources.emit(
        {"source": "aws.states", "detail-type": "Status", "detail": {"status": "FAILED"}}
    )
    entry = {
        "Source": "understudy",
        "DetailType": "Run Ended",
        "Detail": "{}",
        "EventBusName": "run-events",
    }
    deployed.client("events").create_event_bus(Name="run-events")
    deployed.client("events").put_events(Entries=[entry])
    for schedule in deployed.sources.schedules.intervals:
        deployed.sources.tick(schedule)

    sources = [event["source"] for event in deployed.calls_of("CloseRunFunction")]

    assert sorted(sources) == ["aws.scheduler", "aws.states", "understudy"]


def test_asynchronous_invocation_through_api(deployed: Deployed) -> None:
    """Lambda's API with InvocationType Event responds 202 and uses the same queue."""
    name = deployed.deployment.physical_ids["CleanUpFunction"]
    before = len(deployed.calls_of("CleanUpFunction"))

    answer = deployed.client("lambda").invoke(
        FunctionName=name, InvocationType="Event", Payload=b'{"Records": []}'
    )

    assert answer["StatusCode"] == 202
    assert deployed.calls_of("CleanUpFunction")[before:] == [{"Records": []}]
