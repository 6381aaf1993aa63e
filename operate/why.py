"""`understudy why`: shows what a run did and waited for, and why it ended.

    understudy why run_0VcFs1b8Ftmz6SkHI0MIuNAchGnHka

The run's execution tells its tenant and thread; Step Functions keeps executions for 90 days.
"""

import json
from typing import Any

import boto3
import click
from botocore.exceptions import ClientError
from rich.table import Table
from rich.text import Text
from understudy.http.objects.timelines import TimelineEventObject, TimelineObject, timeline_object
from understudy.services import Services

from operate.deployment import Deployment, Result, on_deployment
from operate.failures import CommandError
from operate.tables import rendered

COLOURS = {"completed": "green", "in_progress": "blue", "cancelled": "dim"}
NAMES = {"queue": "queued", "message": "message", "hosted_tool": "hosted tool"}
BAR = 30
"""Characters of the column that shows when each event happened."""


def timeline_of(services: Services, machine: str, run_id: str) -> TimelineObject:
    """Returns the timeline of any tenant's run. Raises CommandError for an unknown run."""
    place = _place(machine, run_id)
    ids = place["tenant"], place["thread_id"], place["run_id"]
    run = services.runs.get(*ids)
    if run is None:
        raise CommandError(f"{run_id} was deleted with its thread {place['thread_id']}.")
    calls = services.tool_calls.of_run(run.tenant, run.id)
    return timeline_object(run, services.run_steps.of_run(*ids), calls)


def shown(timeline: TimelineObject) -> str:
    """Returns the timeline as text for a terminal."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("event", "when", "seconds", "status", "tokens", "USD"):
        table.add_column(name, justify="right" if name in ("seconds", "tokens", "USD") else "left")
    for event in timeline["events"]:
        table.add_row(*_cells(timeline, event))
    head = [f"{timeline['run_id']} is {timeline['status']}, on {timeline['thread_id']}."]
    if timeline["last_error"]:
        head.append(f"{timeline['last_error']['code']}: {timeline['last_error']['message']}")
    if timeline["explanation"]:
        head.append(timeline["explanation"])
    head += [f"Waits for {each['who']}: {each['explanation']}" for each in timeline["waiting_for"]]
    return "\n".join([*head, "", rendered(table)])


def _cells(timeline: TimelineObject, event: TimelineEventObject) -> list[str | Text]:
    start = timeline["created_at"]
    last = timeline["ended_at"] or max(_end(each) for each in timeline["events"])
    length = max(0.001, last - start)
    first = min(BAR - 1, int(BAR * (event["started_at"] - start) / length))
    width = max(1, min(BAR - first, round(BAR * (_end(event) - event["started_at"]) / length)))
    colour = COLOURS.get(event["status"], "red")
    bar = Text(" " * first) + Text("━" * width, colour)
    usage = event.get("usage")
    cost = event.get("cost_usd")
    return [
        _name(event),
        bar,
        f"{_end(event) - event['started_at']:.3f}",
        Text(event["status"].replace("_", " "), colour),
        str(usage["total_tokens"]) if usage else "",
        "" if cost is None else f"{cost:.5f}",
    ]


def _name(event: TimelineEventObject) -> str:
    match event["type"]:
        case "model":
            name = f"model round {event['round']} ({event['name']})"
        case "approval":
            name = f"approval of {event['name']}"
        case "tool":
            name = event["name"]
        case kind:
            name = NAMES[kind]
    retries = event.get("retries")
    return f"{name}, {retries} retries" if retries else name


def _end(event: TimelineEventObject) -> float:
    return event["ended_at"] or event["started_at"]


def _place(machine: str, run_id: str) -> dict[str, Any]:
    """Returns the ids in the input of the run's execution."""
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{run_id}"
    try:
        found = boto3.client("stepfunctions").describe_execution(executionArn=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ExecutionDoesNotExist", "InvalidArn"):
            raise CommandError(
                f"There is no run {run_id!r}, or its execution is older than 90 days."
            ) from error
        raise
    place: dict[str, Any] = json.loads(found["input"])
    return place


@click.command()
@click.argument("run_id", metavar="RUN")
@on_deployment
def command(deployment: Deployment, run_id: str) -> Result:
    """Show what a run did and waited for, and why it ended."""
    machine = deployment.output("StateMachineArn")
    timeline = timeline_of(deployment.services, machine, run_id)
    return Result(shown(timeline), timeline)
