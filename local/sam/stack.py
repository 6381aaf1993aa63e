"""The local stack with its functions in containers."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from local.sam.bridge import bridge_address, bridged
from local.sam.environment import write_environment, write_template
from local.sam.servers import Sam, SamServer, free_port
from local.stack import ROOT, Stack, StackOptions

BUILT = ROOT / ".aws-sam" / "build" / "template.yaml"


@dataclass(frozen=True)
class SamStack:
    """The local stack, whose functions run in containers, and SAM's servers."""

    stack: Stack
    sam: Sam
    lambdas: SamServer
    template: Path
    variables: Path


@contextmanager
def sam_stack(options: StackOptions, program: str, folder: Path) -> Iterator[SamStack]:
    """Runs everything but `start-api`; `folder` gets the file of variables and the log.

    Raises NoEngineError, NotBuiltError or SamFailedError.
    """
    bridge = bridge_address()
    template = write_template(BUILT)
    folder.mkdir(parents=True, exist_ok=True)
    variables, log = folder / "sam.json", folder / "sam.log"
    port = free_port()
    wanted = replace(options, lambda_endpoint=f"http://127.0.0.1:{port}", background=True)
    with ExitStack() as opened:
        stack = opened.enter_context(Stack(wanted))
        urls = [stack.aws.endpoint] + ([stack.provider_url] if stack.provider else [])
        ports = [urlsplit(url).port or 80 for url in urls]
        opened.enter_context(bridged(ports, bridge))
        write_environment(stack.deployment, stack.aws.endpoint, bridge, variables)
        sam = Sam(program, template, variables, log)
        lambdas = sam.serve("start-lambda", port)
        opened.callback(lambdas.stop)
        yield SamStack(stack, sam, lambdas, template, variables)
