"""The functions as Lambda has them: folders of code and layers, compiled beforehand.

The output of `sam build` is used if an interpreter of this machine can load it. Otherwise the same
folders are copied from the environment: each layer gets the installed packages that it requires.
"""

import compileall
import importlib.metadata
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".aws-sam" / "build"
NAIVE = ["openai", "boto3", "aws-lambda-powertools", "aws-xray-sdk"]


@dataclass(frozen=True)
class Function:
    """A function of the template: its logical id, its handler's module, its layers."""

    name: str
    module: str
    layers: tuple[str, ...]

    @property
    def calls_openai(self) -> bool:
        return "OpenAILayer" in self.layers


@dataclass(frozen=True)
class Artifact:
    """An interpreter, and the import path of each function's execution environment."""

    made_by: str
    interpreter: str
    functions: Mapping[str, list[str]]
    naive: list[str]


def functions_of_template() -> list[Function]:
    """Returns all functions in the order of the template."""
    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    return [
        Function(
            name,
            resource["Properties"]["Handler"].rpartition(".")[0],
            tuple(layer["Ref"] for layer in resource["Properties"].get("Layers", [])),
        )
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    ]


def artifact(functions: Iterable[Function], folder: Path) -> Artifact:
    """Returns the artifact of these functions, and copies what it needs into the folder."""
    wanted = list(functions)
    layers = {layer for function in wanted for layer in function.layers}
    built = {layer: BUILD / layer / "python" for layer in layers}
    interpreter = _interpreter_for(built.values())
    if interpreter:
        code = {function.name: BUILD / function.name for function in wanted}
        made_by = "`sam build`"
    else:
        interpreter, made_by = sys.executable, "the same folders, copied from the environment"
        built = _copied_layers(layers, folder)
        shared = _copied(ROOT / "functions", folder / "functions")
        code = {function.name: shared for function in wanted}
    runtime = folder / "runtime"
    _install(["boto3"], runtime)
    _install(["aws-xray-sdk"], folder / "xray")
    naive = _copied(ROOT / "bench" / "naive", folder / "naive")
    for made in folder.iterdir():
        _compile(interpreter, made)
    return Artifact(
        made_by=made_by,
        interpreter=interpreter,
        functions={
            function.name: [
                str(path)
                for path in (code[function.name], *map(built.get, function.layers), runtime)
            ]
            for function in wanted
        },
        naive=[str(path) for path in (naive, *built.values(), folder / "xray", runtime)],
    )


def _interpreter_for(layers: Iterable[Path]) -> str | None:
    """Returns an interpreter that loads the compiled parts of the built layers, or None."""
    folders = list(layers)
    if not all(folder.is_dir() for folder in folders):
        return None
    probe = "import sys; sys.path[:0] = sys.argv[1:]; import pydantic_core"
    for name in (sys.executable, "python3.13"):
        found = shutil.which(name)
        command = [str(found), "-I", "-S", "-c", probe, *map(str, folders)]
        if found and subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return found
    return None


def _copied_layers(names: Iterable[str], folder: Path) -> dict[str, Path]:
    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    made = {}
    for name in sorted(names):
        content = ROOT / resources[name]["Properties"]["ContentUri"]
        target = made[name] = folder / name / "python"
        _install(_requirements(content / "requirements.txt"), target)
        for package in content.glob("*/__init__.py"):
            _copied(package.parent, target / package.parent.name)
    return made


def _requirements(path: Path) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


def _install(wanted: Iterable[str], target: Path) -> None:
    """Copies distributions and what they need, compiled files included, from the environment."""
    target.mkdir(parents=True, exist_ok=True)
    for distribution in _closure(wanted):
        for file in distribution.files or []:
            if ".." in file.parts or file.suffix == ".pth":
                continue
            copy = target / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(str(file.locate()), copy)


def _closure(wanted: Iterable[str]) -> Iterator[importlib.metadata.Distribution]:
    waiting, seen = [Requirement(line) for line in wanted], set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in seen:
            continue
        seen.add(name)
        distribution = importlib.metadata.distribution(name)
        yield distribution
        for line in distribution.requires or []:
            needed = Requirement(line)
            extras: list[str] = [*requirement.extras, ""]
            if not needed.marker or any(_applies(needed, extra) for extra in extras):
                waiting.append(needed)


def _applies(requirement: Requirement, extra: str) -> bool:
    environment: dict[str, Any] = {"extra": extra}
    return bool(requirement.marker and requirement.marker.evaluate(environment))


def _copied(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, dirs_exist_ok=True)
    return target


def _compile(interpreter: str, folder: Path) -> None:
    if interpreter == sys.executable:
        compileall.compile_dir(folder, quiet=2, workers=2)
        return
    command = [interpreter, "-m", "compileall", "-qq", "-j", "2", str(folder)]
    subprocess.run(command, check=True)
