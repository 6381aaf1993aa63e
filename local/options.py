"""What `make demo` and `make local` can be told, from the command line and the environment."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.stack import StackOptions

OPENAI_URL = "https://api.openai.com/v1"


class OptionsError(Exception):
    """The options do not go together; the text says what to do."""


def options_from(arguments: Sequence[str], environment: Mapping[str, str]) -> StackOptions:
    """Options for the stack. Raises OptionsError for a real provider without a key.

    Only `--provider openai` makes the stack talk to a real provider: a key that happens to be in
    the environment is never used by accident.
    """
    given = _parser().parse_args(list(arguments))
    if given.provider == "openai":
        key = environment.get("OPENAI_API_KEY", "")
        if not key:
            raise OptionsError("PROVIDER=openai needs OPENAI_API_KEY in the environment.")
        url = environment.get("OPENAI_BASE_URL") or OPENAI_URL
        provider = {"provider": "openai", "provider_key": key, "provider_url": url}
    else:
        provider = {"provider": "stand-in"}
    return StackOptions(
        port=given.port,
        aws_port=given.aws_port,
        provider_port=given.provider_port,
        api_key=given.api_key,
        tenant=given.tenant,
        background=True,
        logs=Path(given.logs) if given.logs else None,
        lambda_endpoint=given.lambda_endpoint,
        **provider,  # type: ignore[arg-type]
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="understudy")
    parser.add_argument("--provider", choices=["stand-in", "openai"], default="stand-in")
    parser.add_argument("--port", type=_port, default=0, help="of the HTTP API; 0 takes any")
    parser.add_argument("--aws-port", type=_port, default=0, help="of the AWS stand-in")
    parser.add_argument("--provider-port", type=_port, default=0, help="of the OpenAI stand-in")
    parser.add_argument("--api-key", default="", help="the key that clients use; made up if empty")
    parser.add_argument("--tenant", default="local", help="whose key that is")
    parser.add_argument("--logs", default="", help="folder for the functions' logs")
    parser.add_argument(
        "--lambda-endpoint",
        default="",
        help="runs the functions there, as with sam local start-lambda",
    )
    return parser


def _port(text: str) -> int:
    if not text:
        return 0
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is no port")
    return port
