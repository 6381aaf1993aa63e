"""The event sources that the transformed template declares."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.aws.deployment import Deployment
from local.events.patterns import EventPattern


class UnsupportedSourceError(ValueError):
    """The template declares an event source that the embedded stack does not serve."""


@dataclass(frozen=True)
class ObjectTrigger:
    """A bucket notification that invokes a function."""

    bucket: str
    function: str
    """ARN, name or logical id."""
    event: str
    """For example "s3:ObjectCreated:*"."""
    prefix: str = ""
    suffix: str = ""
    configuration_id: str = "lambda"

    def accepts(self, event_name: str, key: str) -> bool:
        """`event_name` is the name in the record, without "s3:"."""
        wanted = self.event.removeprefix("s3:")
        named = event_name == wanted or (
            wanted.endswith("*") and event_name.startswith(wanted.removesuffix("*"))
        )
        return named and key.startswith(self.prefix) and key.endswith(self.suffix)


@dataclass(frozen=True)
class StreamMapping:
    """An event source mapping from a table's stream to a function."""

    name: str
    table: str
    stream_arn: str
    function: str
    batch_size: int
    filters: tuple[EventPattern, ...]
    bisect: bool
    max_retries: int | None
    """None retries for as long as the stream keeps the record."""
    reports_item_failures: bool
    on_failure_queue: str | None

    def accepts(self, record: dict[str, Any]) -> bool:
        """A record passes when there is no filter or one of them matches."""
        return not self.filters or any(pattern.matches(record) for pattern in self.filters)


@dataclass(frozen=True)
class EventRule:
    """An EventBridge rule with a pattern."""

    name: str
    bus: str
    pattern: EventPattern
    targets: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Schedule:
    """A schedule of EventBridge or of EventBridge Scheduler that invokes a function."""

    name: str
    expression: str
    function: str
    input: str | None
    """The JSON text that the function gets; None stands for the service's own event."""
    source: str
    """"aws.events" or "aws.scheduler"."""
    timezone: str = "UTC"


@dataclass(frozen=True)
class ExpiringTable:
    """A table with a time-to-live attribute."""

    name: str
    key_names: tuple[str, ...]
    ttl_attribute: str


def object_triggers(deployment: Deployment) -> Iterator[ObjectTrigger]:
    """Every S3 event of a function. Raises UnsupportedSourceError for queues and topics."""
    for name, properties in _of_type(deployment, "AWS::S3::Bucket"):
        settings = properties.get("NotificationConfiguration", {})
        for kind in ("QueueConfigurations", "TopicConfigurations"):
            if settings.get(kind):
                raise UnsupportedSourceError(f"{name}: {kind} are not served")
        for number, entry in enumerate(settings.get("LambdaConfigurations", [])):
            rules = entry.get("Filter", {}).get("S3Key", {}).get("Rules", [])
            affixes = {rule["Name"].lower(): rule["Value"] for rule in rules}
            yield ObjectTrigger(
                bucket=deployment.physical_ids[name],
                function=entry["Function"],
                event=entry["Event"],
                prefix=affixes.get("prefix", ""),
                suffix=affixes.get("suffix", ""),
                configuration_id=f"{name}-{number}",
            )


def buckets_on_event_bus(deployment: Deployment) -> frozenset[str]:
    """The buckets that send their events to EventBridge."""
    return frozenset(
        deployment.physical_ids[name]
        for name, properties in _of_type(deployment, "AWS::S3::Bucket")
        if "EventBridgeConfiguration" in properties.get("NotificationConfiguration", {})
    )


def stream_mappings(deployment: Deployment) -> Iterator[StreamMapping]:
    """Every DynamoDB stream of a function. Raises UnsupportedSourceError for other streams."""
    for name, properties in _of_type(deployment, "AWS::Lambda::EventSourceMapping"):
        source = properties["EventSourceArn"]
        if ":table/" not in source:
            raise UnsupportedSourceError(f"{name}: {source} is not a DynamoDB stream")
        filters = properties.get("FilterCriteria", {}).get("Filters", [])
        retries = int(properties.get("MaximumRetryAttempts", -1))
        on_failure = properties.get("DestinationConfig", {}).get("OnFailure", {})
        yield StreamMapping(
            name=name,
            table=source.partition(":table/")[2].partition("/")[0],
            stream_arn=source,
            function=properties["FunctionName"],
            batch_size=int(properties.get("BatchSize", 100)),
            filters=tuple(EventPattern(json.loads(entry["Pattern"])) for entry in filters),
            bisect=bool(properties.get("BisectBatchOnFunctionError", False)),
            max_retries=None if retries < 0 else retries,
            reports_item_failures="ReportBatchItemFailures"
            in properties.get("FunctionResponseTypes", []),
            on_failure_queue=on_failure.get("Destination"),
        )


def event_rules(deployment: Deployment) -> Iterator[EventRule]:
    """Every enabled rule with a pattern."""
    for name, properties in _enabled(deployment, "AWS::Events::Rule"):
        if "EventPattern" in properties:
            yield EventRule(
                name=name,
                bus=properties.get("EventBusName", "default").rpartition("/")[2],
                pattern=EventPattern(properties["EventPattern"]),
                targets=tuple(properties.get("Targets", [])),
            )


def schedules(deployment: Deployment) -> Iterator[Schedule]:
    """Every enabled schedule, of both kinds."""
    for name, properties in _enabled(deployment, "AWS::Events::Rule"):
        if "ScheduleExpression" in properties:
            for target in properties.get("Targets", []):
                expression = properties["ScheduleExpression"]
                yield Schedule(name, expression, target["Arn"], target.get("Input"), "aws.events")
    for name, properties in _enabled(deployment, "AWS::Scheduler::Schedule"):
        target = properties["Target"]
        yield Schedule(
            name=name,
            expression=properties["ScheduleExpression"],
            function=target["Arn"],
            input=target.get("Input"),
            source="aws.scheduler",
            timezone=properties.get("ScheduleExpressionTimezone", "UTC"),
        )


def expiring_tables(deployment: Deployment) -> Iterator[ExpiringTable]:
    """Every table whose items expire."""
    for name, properties in _of_type(deployment, "AWS::DynamoDB::Table"):
        ttl = properties.get("TimeToLiveSpecification", {})
        if ttl.get("Enabled"):
            yield ExpiringTable(
                name=deployment.physical_ids[name],
                key_names=tuple(key["AttributeName"] for key in properties["KeySchema"]),
                ttl_attribute=ttl["AttributeName"],
            )


def _of_type(deployment: Deployment, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in deployment.resources.items():
        if resource["Type"] == kind:
            yield name, resource.get("Properties", {})


def _enabled(deployment: Deployment, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, properties in _of_type(deployment, kind):
        if properties.get("State", "ENABLED") != "DISABLED":
            yield name, properties
