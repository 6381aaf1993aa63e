"""`understudy migrate`: copies everything of one tenant from another server into a deployment.

    SOURCE_API_KEY=… understudy migrate acme --from azure --endpoint https://… --dry-run

The source is a Foundry project with classic agents, or any server of the Assistants protocol. Its
key is SOURCE_API_KEY, or a bearer token in SOURCE_TOKEN. Assistants and threads keep their ids;
files, vector stores and messages get new ones, and the map of ids is written to a file. Started
again after an interruption, the command continues from that file.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import openai
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from understudy.domain.base import Json

from operate import api_key
from operate.deployment import STATE, Deployment, Result, on_deployment
from operate.failures import CommandError
from operate.migration.copying import Copy, Report, thread_ids
from operate.migration.id_map import IdMap
from operate.migration.source import Source

KEY_NAME = "migration"
QUERIES = {"azure": {"api-version": "v1"}, "openai": {}}
FREE_STORAGE_GB = 1
STORAGE_USD = 0.10
"""Per GB of vector stores and day, at OpenAI."""
WRITE_USD = 0.625e-6
"""Per write unit of DynamoDB, on demand, in us-east-1."""
SHOWN = 20


def estimate(source: Source, threads: Iterable[str], advance: Callable[[str], None]) -> Json:
    """Returns what a migration would copy, and what that costs; it only reads."""
    files = list(source.all("/files"))
    stores = list(source.all("/vector_stores"))
    counted = {
        "assistants": sum(1 for _ in source.all("/assistants")),
        "vector stores": len(stores),
        "files": len(files),
        "threads": 0,
        "messages": 0,
    }
    for thread_id in threads:
        counted["threads"] += 1
        counted["messages"] += sum(1 for _ in source.all(f"/threads/{thread_id}/messages"))
        advance("thread")
    stored = sum(int(each.get("usage_bytes") or 0) for each in stores) / 1e9
    return {
        **counted,
        "file_bytes": sum(int(each.get("bytes") or 0) for each in files),
        "writes_usd": round(2 * sum(counted.values()) * WRITE_USD, 4),
        "storage_usd_per_day": round(max(0.0, stored - FREE_STORAGE_GB) * STORAGE_USD, 4),
    }


def migrate(copy: Copy, threads: list[str], expect: Callable[[str, int], None]) -> Report:
    """Copies everything and returns the report; `expect` is called with the number of each kind."""
    source = copy.source
    for kind, path, run in (
        ("file", "/files", copy.files),
        ("vector_store", "/vector_stores", copy.vector_stores),
        ("assistant", "/assistants", copy.assistants),
    ):
        listed = list(source.all(path))
        expect(kind, len(listed))
        run(listed)
    expect("thread", len(threads))
    copy.threads(threads)
    return copy.report


def map_path(tenant: str, endpoint: str) -> Path:
    """Returns where the map of a migration is kept unless a path is given."""
    return STATE / "migration" / f"{tenant}-{urlsplit(endpoint).hostname}.ndjson"


def _source(kind: str, endpoint: str, rate: float) -> Source:
    key, token = os.environ.get("SOURCE_API_KEY", ""), os.environ.get("SOURCE_TOKEN", "")
    if not key and not token:
        raise CommandError("Set SOURCE_API_KEY, or SOURCE_TOKEN for a bearer token of the source.")
    return Source(endpoint, key=key, token=token, query=QUERIES[kind], rate=rate)


def _with_key(deployment: Deployment, tenant: str) -> openai.OpenAI:
    """Returns the deployment's API with a new key; keys of interrupted migrations are revoked."""
    _revoke_keys(deployment, tenant)
    key = api_key.create(deployment.services, tenant, KEY_NAME, [])
    return openai.OpenAI(base_url=deployment.output("BaseUrl"), api_key=key)


def _revoke_keys(deployment: Deployment, tenant: str) -> None:
    for each in deployment.services.api_keys.of_tenant(tenant):
        if each.name == KEY_NAME and not each.revoked:
            deployment.services.api_keys.put(each.model_copy(update={"revoked": True}))


def _text(report: Report, kept: Path) -> str:
    lines = [f"{count} {kind.replace('_', ' ')}s copied" for kind, count in report.copied.items()]
    lines = lines or ["Nothing new to copy."]
    if report.left_out:
        lines.append(f"{len(report.left_out)} left out:")
        lines += [f"  {kind} {old}: {why}" for kind, old, why in report.left_out[:SHOWN]]
    if len(report.left_out) > SHOWN:
        lines.append(f"  and {len(report.left_out) - SHOWN} more; --json shows all")
    return "\n".join([*lines, f"The map of ids is {kept}."])


@click.command()
@click.argument("tenant")
@click.option("--from", "kind", type=click.Choice(sorted(QUERIES)), default="azure")
@click.option("--endpoint", required=True, help="The source's base URL.")
@click.option("--threads", type=click.File(), help="A file of thread ids; else all are listed.")
@click.option("--map", "kept", type=click.Path(path_type=Path), help="The file of the id map.")
@click.option("--keep-days", default=365, show_default=True, help="For threads without activity.")
@click.option("--rate", default=10.0, show_default=True, help="Requests to the source per second.")
@click.option("--dry-run", is_flag=True, help="Count and estimate the cost; copy nothing.")
@on_deployment
def command(
    deployment: Deployment,
    tenant: str,
    kind: str,
    endpoint: str,
    threads: Any,
    kept: Path | None,
    keep_days: int,
    rate: float,
    dry_run: bool,
) -> Result:
    """Copy assistants, threads, files and vector stores from another server into TENANT."""
    bars = Progress(
        TextColumn("{task.description:14}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
    )
    tasks: dict[str, Any] = {}

    def expect(each: str, count: int) -> None:
        tasks[each] = bars.add_task(each.replace("_", " ") + "s", total=count)

    def advance(each: str) -> None:
        if each in tasks:
            bars.advance(tasks[each])

    with closing(_source(kind, endpoint, rate)) as source, bars:
        if dry_run:
            expect("thread", 0)
            found = estimate(source, thread_ids(source, threads or ()), advance)
            lines = [f"{name:20} {value}" for name, value in found.items()]
            return Result("\n".join(lines), found)
        ids = IdMap(kept or map_path(tenant, endpoint))
        listed = list(thread_ids(source, threads or ()))
        try:
            with _with_key(deployment, tenant) as client:
                copy = Copy(
                    source, deployment.services, client, tenant, ids, keep_days, Report(), advance
                )
                report = migrate(copy, listed, expect)
        finally:
            _revoke_keys(deployment, tenant)
    return Result(_text(report, ids.path), {**asdict(report), "map": str(ids.path)})
