"""Reads the event sources from the transformed template."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.events.models import EventPattern, EventPatternParser

from local.aws.deployment import Deployment


class UnsupportedSourceError(ValueError):
    """The template declares an event source that is not supported locally."""


@dataclass(frozen=True)
class ObjectTrigger:
    """A bucket notification that invokes a function with each object that is created."""

    bucket: str
    function: str
    """ARN, name or logical id."""
    prefix: str = ""
    suffix: str = ""
    configuration_id: str = "lambda"

    def accepts(self, key: str) -> bool:
        """Returns whether a key has the prefix and the suffix."""
        return key.startswith(self.prefix) and key.endswith(self.suffix)


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
        """Returns whether there is no filter, or one of them matches the record."""
        return not self.filters or any(fits(pattern, record) for pattern in self.filters)


@dataclass(frozen=True)
class EventRule:
    """An EventBridge rule that invokes functions with matching events."""

    bus: str
    pattern: EventPattern
    functions: tuple[str, ...]
    """Their ARNs."""


@dataclass(frozen=True)
class Schedule:
    """A schedule of EventBridge Scheduler that invokes a function."""

    name: str
    expression: str
    function: str
    input: str | None
    """The JSON text for the function; None stands for the service's own event."""


@dataclass(frozen=True)
class ExpiringTable:
    """A table with a time-to-live attribute."""

    name: str
    key_names: tuple[str, ...]
    ttl_attribute: str


def fits(pattern: EventPattern, event: dict[str, Any]) -> bool:
    """Returns whether an event matches; moto's own method copies the event first."""
    flat = EventPattern._flatten_dict(event)
    return bool(pattern._does_event_match(flat, pattern.get_pattern()))


def object_triggers(deployment: Deployment) -> Iterator[ObjectTrigger]:
    """Yields every S3 event of a function; raises UnsupportedSourceError for others."""
    for name, properties in _of_type(deployment, "AWS::S3::Bucket"):
        settings = properties.get("NotificationConfiguration", {})
        for kind in settings.keys() - {"LambdaConfigurations"}:
            raise UnsupportedSourceError(f"{name}: {kind} is not supported")
        for number, entry in enumerate(settings.get("LambdaConfigurations", [])):
            if entry["Event"] != "s3:ObjectCreated:*":
                raise UnsupportedSourceError(f"{name}: {entry['Event']} is not supported")
            rules = entry.get("Filter", {}).get("S3Key", {}).get("Rules", [])
            affixes = {rule["Name"].lower(): rule["Value"] for rule in rules}
            yield ObjectTrigger(
                bucket=deployment.physical_ids[name],
                function=entry["Function"],
                prefix=affixes.get("prefix", ""),
                suffix=affixes.get("suffix", ""),
                configuration_id=f"{name}-{number}",
            )


def stream_mappings(deployment: Deployment) -> Iterator[StreamMapping]:
    """Yields every DynamoDB stream of a function; raises UnsupportedSourceError for others."""
    for name, properties in _of_type(deployment, "AWS::Lambda::EventSourceMapping"):
        source = properties["EventSourceArn"]
        if ":table/" not in source:
            raise UnsupportedSourceError(f"{name}: {source} is not a DynamoDB stream")
        filters = properties.get("FilterCriteria", {}).get("Filters", [])
        retries = int(properties.get("MaximumRetryAttempts", -1))
        on_failure = properties.get("DestinationConfig", {}).get("OnFailure", {})
        response_types = properties.get("FunctionResponseTypes", [])
        yield StreamMapping(
            name=name,
            table=source.partition(":table/")[2].partition("/")[0],
            stream_arn=source,
            function=properties["FunctionName"],
            batch_size=int(properties.get("BatchSize", 100)),
            filters=tuple(_pattern(entry["Pattern"]) for entry in filters),
            bisect=bool(properties.get("BisectBatchOnFunctionError", False)),
            max_retries=None if retries < 0 else retries,
            reports_item_failures="ReportBatchItemFailures" in response_types,
            on_failure_queue=on_failure.get("Destination"),
        )


def event_rules(deployment: Deployment) -> Iterator[EventRule]:
    """Yields every rule; raises UnsupportedSourceError unless its targets are plain functions."""
    for name, properties in _of_type(deployment, "AWS::Events::Rule"):
        for target in properties["Targets"]:
            if ":lambda:" not in target["Arn"] or any(key.startswith("Input") for key in target):
                raise UnsupportedSourceError(f"{name}: the target {target} is not supported")
        if "EventPattern" not in properties:
            raise UnsupportedSourceError(f"{name}: a rule needs a pattern")
        yield EventRule(
            bus=properties.get("EventBusName", "default").rpartition("/")[2],
            pattern=_pattern(json.dumps(properties["EventPattern"])),
            functions=tuple(target["Arn"] for target in properties["Targets"]),
        )


def schedules(deployment: Deployment) -> Iterator[Schedule]:
    """Yields every schedule."""
    for name, properties in _of_type(deployment, "AWS::Scheduler::Schedule"):
        target = properties["Target"]
        yield Schedule(name, properties["ScheduleExpression"], target["Arn"], target.get("Input"))


def expiring_tables(deployment: Deployment) -> Iterator[ExpiringTable]:
    """Yields every table whose items expire."""
    for name, properties in _of_type(deployment, "AWS::DynamoDB::Table"):
        ttl = properties.get("TimeToLiveSpecification", {})
        if ttl.get("Enabled"):
            yield ExpiringTable(
                name=deployment.physical_ids[name],
                key_names=tuple(key["AttributeName"] for key in properties["KeySchema"]),
                ttl_attribute=ttl["AttributeName"],
            )


def _pattern(text: str) -> EventPattern:
    """Returns a pattern; raises moto's InvalidEventPatternException."""
    return EventPattern(text, EventPatternParser(text).parse())


def _of_type(deployment: Deployment, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in deployment.resources.items():
        if resource["Type"] == kind:
            yield name, resource.get("Properties", {})
