"""The project of an operator who added tools: files in the folder, and a Lambda function."""

import json
import shutil
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHARED = ("functions", "statemachine", "layers/dependencies", "layers/openai", "layers/database")

STOCK_ARN = "arn:aws:lambda:us-east-1:123456789012:function:reserve-stock"
RESOURCE = """
  ReserveStockFunction:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: reserve-stock
      CodeUri: reserve_stock/
      Handler: app.handler
      Timeout: 10
"""
PIECES = {
    "type": "object",
    "properties": {"pieces": {"type": "integer"}},
    "required": ["pieces"],
}


def _remote(name: str, seconds: float, *, side_effects: bool) -> dict[str, Any]:
    return {
        "name": name,
        "arn": STOCK_ARN,
        "description": f"{name} of pieces in the warehouse.",
        "parameters": PIECES,
        "side_effects": side_effects,
        "timeout_seconds": seconds,
    }


REMOTE_TOOLS = [
    _remote("reserve_stock", 100, side_effects=True),
    _remote("count_stock", 100, side_effects=False),
    # The Lambda never responds to these in time.
    _remote("reserve_slowly", 1, side_effects=True),
    _remote("count_slowly", 1, side_effects=False),
]
FILES = tuple(sorted(path.stem for path in (HERE / "tools").glob("*.py")))
"""The tools of this suite, one per file."""

PARAMETERS = {
    "ServerTools": ",".join(["query_database", "get_table_schema", *FILES]),
    "RemoteTools": json.dumps(REMOTE_TOOLS),
    "RemoteToolArns": STOCK_ARN,
}


def make_project(folder: Path) -> Path:
    """Copies the project into an empty folder and returns its template."""
    (folder / "layers").mkdir()
    for name in SHARED:
        (folder / name).symlink_to(ROOT / name)
    (folder / "reserve_stock").symlink_to(HERE / "reserve_stock")
    package = folder / "layers" / "understudy"
    shutil.copytree(ROOT / "layers" / "understudy", package, ignore=_caches)
    for name in FILES:
        shutil.copy(HERE / "tools" / f"{name}.py", package / "understudy" / "tools")
    template = folder / "template.yaml"
    declared = (ROOT / "template.yaml").read_text()
    template.write_text(declared.replace("\nResources:\n", f"\nResources:\n{RESOURCE}", 1))
    return template


_caches = shutil.ignore_patterns("__pycache__", "*.egg-info")
