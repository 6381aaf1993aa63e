"""Cold starts: importing the handler and making the first clients."""

import json
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.artifact import ROOT, Artifact, Function, artifact, functions_of_template
from bench.figures import paired_ratio
from bench.progress import tell
from bench.report import Section, Table

PROBE = Path(__file__).with_name("cold_start_probe.py")
NAIVE = "naive"
UNCOMPILED = "naive, not compiled"
COMPARED = "cold start of "
"""How the names of the ratios begin that are compared with those of before."""
ASKING = "naive, first request to OpenAI"

TABLE = "from understudy.services import services; services().table\n"
OPENAI = """
from understudy.adapters.aws import client
from understudy.adapters.openai.client import provider_client
from understudy.adapters.openai.responses import OpenAIResponses
from understudy.errors import ProviderUnavailableError
client("secretsmanager")
openai = provider_client("sk-none", None)
try:
    OpenAIResponses(lambda: openai).retrieve_response("resp_none")
except ProviderUnavailableError:
    pass
"""
NAIVE_OPENAI = """
import handler, openai
try:
    handler.responses.retrieve("resp_none")
except openai.APIConnectionError:
    pass
"""
ENVIRONMENT = {
    # As in Lambda; without the first one Powertools disables its tracer.
    "LAMBDA_TASK_ROOT": "/var/task",
    "AWS_LAMBDA_FUNCTION_NAME": "function",
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "POWERTOOLS_SERVICE_NAME": "understudy",
    "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",  # a port without a listener
    "TABLE_NAME": "table",
    "BUCKET_NAME": "bucket",
}


@dataclass(frozen=True)
class Start:
    """One cold start; CPU and wall time in milliseconds, growth of the process in megabytes."""

    cpu_ms: float
    wall_ms: float
    import_ms: float
    memory_mb: float
    modules: int


Starts = dict[str, list[Start]]


def measure(rounds: int) -> Section:
    """In each round, starts the naive handler and every function, each in a new process."""
    functions = functions_of_template()
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as name:
        tell("cold start: the artifact")
        made = artifact(functions, Path(name))
        starts = _rounds(made, functions, rounds)
    return _section(made, functions, starts)


def _rounds(made: Artifact, functions: Sequence[Function], rounds: int) -> Starts:
    starts: Starts = defaultdict(list)
    for number in range(rounds):
        tell(f"cold start: round {number + 1} of {rounds}")
        starts[NAIVE].append(_start(made, made.naive, "handler", ""))
        starts[UNCOMPILED].append(_start(made, made.naive, "handler", "", compiled=False))
        starts[ASKING].append(_start(made, made.naive, "handler", NAIVE_OPENAI))
        for function in functions:
            clients = TABLE + (OPENAI if function.calls_openai else "")
            path = made.functions[function.name]
            starts[function.name].append(_start(made, path, function.module, clients))
    return starts


def _start(
    made: Artifact, path: list[str], module: str, clients: str, *, compiled: bool = True
) -> Start:
    """Measures one start. Raises RuntimeError if the handler cannot be imported."""
    order = json.dumps({"path": path, "module": module, "clients": clients})
    flags = ["-I", "-S", "-B"]
    if not compiled:
        flags += ["-X", "pycache_prefix=/nonexistent"]
    process = subprocess.run(
        [made.interpreter, *flags, str(PROBE), order],
        env=ENVIRONMENT,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        raise RuntimeError(f"{module} does not start:\n{process.stderr}")
    return Start(**json.loads(process.stdout.splitlines()[-1]))


def _section(made: Artifact, functions: Sequence[Function], starts: Starts) -> Section:
    asking = {ASKING, *(function.name for function in functions if function.calls_openai)}
    ratios = {
        name: _ratio(found, starts[ASKING if name in asking else NAIVE])
        for name, found in starts.items()
    }
    rows = [_row(name, starts[name], ratios[name]) for name in (UNCOMPILED, NAIVE, ASKING)]
    rows += [_row(f.name, starts[f.name], ratios[f.name]) for f in functions]
    with_openai = [ratios[f.name] for f in functions if f.calls_openai]
    without = [ratios[f.name] for f in functions if not f.calls_openai]
    section = Section("Cold start")
    section.text = [
        "A new process imports a function's handler and makes its first clients: DynamoDB's, and "
        "for a function that calls OpenAI also the one for its secret and OpenAI's, with a first "
        "request (to a port without a listener), because the SDK loads many modules only then. "
        "The naive handler imports openai, boto3 and all of Powertools with its tracer and event "
        "handler, and makes its clients at import "
        "([bench/naive/handler.py](../bench/naive/handler.py)). "
        f"Artifact: {made.made_by}; compiled files are shipped on both sides, except in the first "
        "row, which shows a zip of the naive handler without them. The ratio is that of CPU time. "
        "Functions that call OpenAI are compared with the naive handler with its first request. "
        "All were started in turns.",
    ]
    section.tables = [
        Table(
            ("handler", "CPU ms", "import ms", "wall ms", "memory MB", "modules", "of naive"), rows
        )
    ]
    section.measured = {
        "cold start without OpenAI": max(without),
        "cold start with OpenAI": max(with_openai),
    }
    section.compared = {f"{COMPARED}{f.name}": ratios[f.name] for f in functions}
    section.series = {"cold start": ratios}
    return section


def _ratio(found: Sequence[Start], baseline: Sequence[Start]) -> float:
    return paired_ratio([start.cpu_ms for start in found], [start.cpu_ms for start in baseline])


def _row(name: str, starts: Sequence[Start], ratio: float) -> tuple[str, ...]:
    return (
        name,
        f"{median(s.cpu_ms for s in starts):.0f}",
        f"{median(s.import_ms for s in starts):.0f}",
        f"{median(s.wall_ms for s in starts):.0f}",
        f"{median(s.memory_mb for s in starts):.0f}",
        f"{median(s.modules for s in starts):.0f}",
        f"{ratio:.2f}",
    )
