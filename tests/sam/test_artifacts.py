"""What `sam build` made is what should be shipped. `make package-check` builds and runs this."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from local.stack import ROOT
from operate.release import FILE

ARCHITECTURE = os.environ.get("UNDERSTUDY_BUILT", "")
BUILT = ROOT / ".aws-sam" / "build"
MACHINES = {"arm64": 183, "x86_64": 62}
"""e_machine in the head of an ELF file."""

MB = 1024 * 1024
UNZIPPED_LIMIT = 250 * MB
"""Of a function with its layers: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

NOT_SHIPPED = {"pytest", "moto", "ruff", "mypy", "boto3", "botocore", "local", "tests", "operate"}
RUNTIME_BRINGS = ("boto3", "botocore", "s3transfer", "dateutil", "six", "urllib3", "jmespath")

pytestmark = [
    pytest.mark.skipif(not ARCHITECTURE, reason="make package-check builds and runs this"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def built() -> dict[str, Any]:
    """The built template, whose folders are beside it."""
    parsed: dict[str, Any] = yaml_parse((BUILT / "template.yaml").read_text())
    return parsed


@pytest.fixture(scope="module")
def functions(built: dict[str, Any]) -> dict[str, list[Path]]:
    """The folders that each function has in Lambda: its own and those of its layers."""
    resources = built["Resources"]

    def folder(name: str, key: str) -> Path:
        return BUILT / resources[name]["Properties"][key]

    return {
        name: [
            folder(name, "CodeUri"),
            *(
                folder(layer["Ref"], "ContentUri") / "python"
                for layer in resource["Properties"]["Layers"]
            ),
        ]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def files_in(*folders: Path) -> Iterator[Path]:
    return (path for folder in folders for path in folder.rglob("*") if path.is_file())


def test_sizes_are_far_below_the_limits(functions: dict[str, list[Path]]) -> None:
    """Half of what Lambda takes is room enough for a tool of one's own."""
    for name, folders in functions.items():
        size = sum(path.stat().st_size for path in files_in(*folders))
        assert size < UNZIPPED_LIMIT / 2, f"{name}: {size / MB:.0f} MB"


def test_a_function_ships_its_own_folder_only(functions: dict[str, list[Path]]) -> None:
    """So that a change of one function publishes a version of that one only.

    `make deploy` adds the file with the hash of the parameter values.
    """
    for name, (own, *_) in functions.items():
        [folder] = [path for path in own.iterdir() if path.name != FILE]
        assert folder.name.replace("_", "") == name.removesuffix("Function").lower()


def test_no_tests_and_no_tools_of_development(functions: dict[str, list[Path]]) -> None:
    """Nor what the runtime brings anyway, nor machine code of this machine's Python."""
    for name, folders in functions.items():
        shipped = {path.name for folder in folders for path in folder.iterdir()}
        assert shipped & NOT_SHIPPED == set(), name
        assert not [path for path in files_in(*folders) if path.parent.name == "tests"], name
        compiled = {path.suffixes[-2] for path in files_in(*folders) if path.suffix == ".pyc"}
        assert compiled <= {".cpython-313"}, name


def test_machine_code_is_for_the_processor_of_the_deployment(
    functions: dict[str, list[Path]],
) -> None:
    """A wheel of the wrong processor fails only when it is imported in Lambda."""
    seen = 0
    for folders in functions.values():
        for path in files_in(*folders):
            if path.suffix == ".so" or ".so." in path.name:
                head = path.read_bytes()[:20]
                assert int.from_bytes(head[18:20], "little") == MACHINES[ARCHITECTURE], path
                seen += 1
    assert seen > 0


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages that the Lambda runtime brings."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME_BRINGS:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


def test_each_handler_imports_with_what_it_has_in_lambda(
    built: dict[str, Any], functions: dict[str, list[Path]], runtime: Path
) -> None:
    """Its artifact, its layers and the runtime's boto3, in a Python 3.13 that has nothing else."""
    if ARCHITECTURE != "x86_64" or os.uname().machine != "x86_64":
        pytest.skip(f"code for {ARCHITECTURE} does not run on {os.uname().machine}")
    python = shutil.which("python3.13")
    if python is None or subprocess.run([python, "-c", ""], check=False).returncode != 0:
        pytest.skip("there is no python3.13 here")
    for name, folders in functions.items():
        module, _, handler = built["Resources"][name]["Properties"]["Handler"].rpartition(".")
        program = (
            f"import sys; sys.path[:0] = {[str(path) for path in [*folders, runtime]]!r}\n"
            f"import importlib; assert callable(importlib.import_module({module!r}).{handler})"
        )
        done = subprocess.run(
            [python, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{name}: {done.stderr}"
