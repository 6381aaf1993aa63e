"""A SAM template, deployed on the embedded AWS: every kind of event finds its function."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from local.aws.deployment import Deployment
from local.aws.embedded import EmbeddedAws
from local.events import EventSources
from local.events.clients import local_client
from local.front import ApiDefinition, Gateway, HttpApi
from tests.local.events import stack

_TEMPLATE = """
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Parameters:
  AllowedOrigin: {Type: String, Default: 'https://app.example'}
  KeySeconds: {Type: Number, Default: 30}
Globals:
  Function: {Runtime: python3.13, CodeUri: functions/, Handler: any.app.handler}
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: {AllowOrigins: [!Ref AllowedOrigin]}
      Auth:
        DefaultAuthorizer: Key
        Authorizers:
          Key:
            FunctionArn: !GetAtt AuthorizeFunction.Arn
            AuthorizerPayloadFormatVersion: '2.0'
            EnableSimpleResponses: true
            Identity: {Headers: [Authorization], ReauthorizeEvery: !Ref KeySeconds}
  AuthorizeFunction: {Type: AWS::Serverless::Function}
  ApiFunction:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        All: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: '/v1/{proxy+}', Method: ANY}}
        Health:
          Type: HttpApi
          Properties: {ApiId: !Ref Api, Path: /health, Method: GET, Auth: {Authorizer: NONE}}
  UploadFunction:
    Type: AWS::Serverless::Function
    Properties:
      DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Failed.Arn}
      EventInvokeConfig: {MaximumRetryAttempts: 0}
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
          Properties: {EventBusName: !Ref RunBus, Pattern: {source: [understudy]}}
        Sweep: {Type: Schedule, Properties: {Schedule: rate(5 minutes)}}
        Nightly: {Type: ScheduleV2, Properties: {ScheduleExpression: 'cron(0 3 * * ? *)'}}
  RunBus: {Type: AWS::Events::EventBus, Properties: {Name: run-events}}
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
    """The template with its event sources and its HTTP API."""

    def __init__(self, aws: EmbeddedAws, template: Path) -> None:
        self.aws = aws
        self.functions = stack.Functions(
            AuthorizeFunction=lambda event: {"isAuthorized": event["identitySource"] == ["good"]},
            ApiFunction=lambda event: {"route": event["routeKey"]},
            UploadFunction=_upload,
        )
        self.deployment: Deployment = aws.deploy(template)
        self.sources = EventSources(
            self.deployment, self.functions.invoke, aws.endpoint, stack.ManualClock()
        )
        self.sources.start()
        self.sources.connect(aws)
        definition = ApiDefinition.of(self.deployment)
        self.api = HttpApi(Gateway(definition, self.functions.invoke))

    def client(self, service: str) -> Any:
        return local_client(service, self.aws.endpoint, stack.REGION)

    def close(self) -> None:
        self.api.close()
        self.sources.close()

    def calls_of(self, function: str) -> list[dict[str, Any]]:
        self.sources.drain(10)
        return [event for name, event in self.functions.calls if name == function]


@pytest.fixture(scope="module")
def deployed(embedded: EmbeddedAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    template = tmp_path_factory.mktemp("app") / "template.yaml"
    template.write_text(_TEMPLATE)
    made = Deployed(embedded, template)
    yield made
    made.close()


def test_routes_and_authorizer_come_from_the_template(deployed: Deployed) -> None:
    """The default authorizer guards every route but the one that is open."""
    url = deployed.api.url

    refused = httpx2.get(f"{url}/v1/x", headers={"authorization": "bad"})
    allowed = httpx2.get(f"{url}/v1/x", headers={"authorization": "good"})
    health = httpx2.get(f"{url}/health")

    assert refused.status_code == 403
    assert allowed.json() == {"route": "ANY /v1/{proxy+}"}
    assert health.json() == {"route": "GET /health"}


def test_parameters_reach_cors_and_authorizer(deployed: Deployed) -> None:
    """A !Ref in the API's settings has its value."""
    definition = ApiDefinition.of(deployed.deployment)

    assert definition.cors is not None
    assert definition.cors.allow_origins == ("https://app.example",)
    assert definition.authorizers["Key"].ttl_seconds == 30


def test_a_dropped_object_fails_into_the_dead_letter_queue(deployed: Deployed) -> None:
    """The S3 event reaches the function, and its queue after the last attempt."""
    bucket = deployed.deployment.physical_ids["Files"]
    deployed.client("s3").put_object(Bucket=bucket, Key="drop/a.csv", Body=b"x")
    deployed.client("s3").put_object(Bucket=bucket, Key="other/a.csv", Body=b"x")

    [event] = deployed.calls_of("UploadFunction")

    sqs = deployed.client("sqs")
    queue = deployed.deployment.physical_ids["Failed"]
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert event["Records"][0]["s3"]["object"]["key"] == "drop/a.csv"
    assert json.loads(message["Body"]) == event


def test_an_expired_item_reaches_the_stream_function(deployed: Deployed) -> None:
    """Only removals by DynamoDB itself, and only of threads, pass the filter."""
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


def test_events_and_schedules_reach_the_rules_function(deployed: Deployed) -> None:
    """Status events, a custom bus and both kinds of schedule end in one function."""
    deployed.sources.emit(
        {"source": "aws.states", "detail-type": "Status", "detail": {"status": "FAILED"}}
    )
    entry = {
        "Source": "understudy",
        "DetailType": "Run Ended",
        "Detail": "{}",
        "EventBusName": "run-events",
    }
    deployed.client("events").put_events(Entries=[entry])
    for schedule in deployed.sources.schedules.names:
        deployed.sources.tick(schedule)

    sources = [event["source"] for event in deployed.calls_of("CloseRunFunction")]

    assert sorted(sources) == ["aws.events", "aws.scheduler", "aws.states", "understudy"]


def test_an_event_invocation_goes_through_the_queue(deployed: Deployed) -> None:
    """Lambda's own API with InvocationType Event uses the same retries and queues."""
    name = deployed.deployment.physical_ids["CleanUpFunction"]
    before = len(deployed.calls_of("CleanUpFunction"))

    answer = deployed.client("lambda").invoke(
        FunctionName=name, InvocationType="Event", Payload=b'{"Records": []}'
    )

    assert answer["StatusCode"] == 202
    assert deployed.calls_of("CleanUpFunction")[before:] == [{"Records": []}]
