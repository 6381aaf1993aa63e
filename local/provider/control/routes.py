"""The control API under `/_control`: scripts, speeds, clock, gates, ledgers, waits. No key."""

from __future__ import annotations

import resource
from dataclasses import asdict
from typing import Any, get_args

from flask import Blueprint, request
from pydantic import TypeAdapter, ValidationError

from local.provider.checks import Json
from local.provider.control.waiting import condition
from local.provider.errors import ApiError, bad_request
from local.provider.gates import STAGES, Stage
from local.provider.ledger import as_dicts
from local.provider.scripts import Script
from local.provider.state import provider
from local.provider.web import json_body

routes = Blueprint("control", __name__, url_prefix="/_control")

_DEFAULT_TIMEOUT = 10.0


@routes.get("/health")
def health() -> Json:
    """Whether the server answers."""
    return {"ok": True}


@routes.post("/reset")
def reset() -> Json:
    """Empty the account and forget all scripts, gates, speeds and ledgers.

    `keep_endpoints` leaves the webhook endpoints and their secrets as they are.
    """
    provider.reset(keep_endpoints=bool(json_body().get("keep_endpoints")))
    return {}


@routes.post("/scripts")
def add_script() -> Json:
    """Queue a fault or an answer, with `match` and `times` (see `local.provider.scripts`)."""
    try:
        script = TypeAdapter(Script).validate_python(
            {"match": {}, "fault": None, "answer": None, **json_body()}
        )
    except ValidationError as error:
        raise bad_request(str(error)) from error
    if (script.fault is None) == (script.answer is None):
        raise bad_request("Give either a fault or an answer.")
    number = provider.scripts.add(script)
    return {"number": number, "waiting": provider.scripts.waiting()}


@routes.get("/scripts")
def waiting_scripts() -> Json:
    """How many scripts were not used up, and the numbers of those that were used at all."""
    return {"waiting": provider.scripts.waiting(), "taken": provider.scripts.taken()}


@routes.post("/speeds")
def set_speeds() -> Json:
    """Change speeds, all in seconds; answers all of them."""
    try:
        provider.life.speeds.set(**json_body())
    except (TypeError, ValueError) as error:
        raise bad_request(str(error)) from error
    return asdict(provider.life.speeds)


@routes.post("/clock")
def advance_clock() -> Json:
    """Advance the clock by `seconds`; what expires, expires."""
    provider.clock.advance(float(json_body()["seconds"]))
    _expire()
    return {"now": provider.clock.now()}


@routes.post("/hold")
def hold() -> Json:
    """Close the gate of a `stage`: queued or in_progress."""
    for stage in _stages(json_body()):
        provider.gates.hold(stage)
    return {}


@routes.post("/release")
def release() -> Json:
    """Open the gates (or that of one `stage`), or let just one `response_id` go on."""
    body = json_body()
    return {"released": provider.gates.release(_stages(body), body.get("response_id"))}


@routes.get("/requests")
def requests() -> Json:
    """The remembered requests, by `method`, part of `path`, and after the sequence `since`."""
    found = provider.ledger.requests(
        method=request.args.get("method"),
        path=request.args.get("path"),
        since=request.args.get("since", 0, int),
    )
    return {"data": list(as_dicts(found))}


@routes.post("/requests/forget")
def forget_requests() -> Json:
    """Empty the list of requests; objects and counters stay."""
    provider.ledger.forget_requests()
    return {}


@routes.get("/objects")
def objects() -> Json:
    """Live objects by kind, and what happened to objects, by `kind`, `action`, `id`, `since`."""
    _expire()
    found = provider.ledger.events(
        kind=request.args.get("kind"),
        action=request.args.get("action"),
        object_id=request.args.get("id"),
        since=request.args.get("since", 0, int),
    )
    return {"live": provider.ledger.live(), "events": list(as_dicts(found))}


@routes.get("/counters")
def counters() -> Json:
    """Counts of requests, objects and responses; what is unfinished; peak memory (kB on Linux).

    `moving` is how much will still happen by itself: what a gate holds back is not in it.
    """
    return {
        "counters": dict(provider.ledger.counters),
        "responses": provider.responses.by_status(),
        "unfinished": provider.responses.unfinished(),
        "moving": provider.timers.pending() + provider.deliveries.pending(),
        "scripts_waiting": provider.scripts.waiting(),
        "peak_memory_kilobytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }


@routes.get("/wait")
def wait() -> Json:
    """Block until what the query asks for is true; a 408 after `timeout` seconds (10)."""
    met = condition(provider, request.args)
    timeout = request.args.get("timeout", _DEFAULT_TIMEOUT, float)
    if not provider.ledger.wait(met, timeout):
        asked = request.query_string.decode()
        raise ApiError(408, f"Not within {timeout} s: {asked}", kind="timeout")
    return {"met": True}


@routes.get("/webhooks")
def deliveries() -> Json:
    """The deliveries that are remembered, with each attempt's status."""
    return {"data": [delivery.rendered() for delivery in provider.deliveries.log()]}


@routes.post("/webhooks")
def behave() -> Json:
    """How deliveries misbehave: `hold`, `copies`, `reverse` (newest first when released)."""
    body = json_body()
    behaviour = provider.deliveries.behaviour
    behaviour.hold = bool(body.get("hold", behaviour.hold))
    behaviour.copies = int(body.get("copies", behaviour.copies))
    behaviour.reverse = bool(body.get("reverse", behaviour.reverse))
    return asdict(behaviour)


@routes.post("/webhooks/release")
def release_deliveries() -> Json:
    """Send what was held."""
    return {"released": provider.deliveries.release()}


@routes.post("/webhooks/send")
def send_event() -> Json:
    """Send any event to every endpoint."""
    return {"data": [delivery.rendered() for delivery in provider.deliveries.send(json_body())]}


def _stages(body: Any) -> tuple[Stage, ...]:
    stage = body.get("stage")
    if stage is not None and stage not in get_args(Stage):
        raise bad_request(f"No such stage: {stage}")
    return (stage,) if stage else STAGES


def _expire() -> None:
    provider.files.expire()
    provider.uploads.expire()
    provider.containers.expire()
    provider.vector_stores.expire()
