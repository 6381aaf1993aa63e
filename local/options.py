"""Options of `make demo` and `make local`, from the command line and the environment."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.stack import TEMPLATE, StackOptions

OPENAI_URL = "https://api.openai.com/v1"


class OptionsError(Exception):
    """The options are incomplete; the message says what to do."""


def options_from(arguments: Sequence[str], environment: Mapping[str, str]) -> StackOptions:
    """Returns the stack's options. Raises OptionsError for a real provider without a key.

    Only `--provider openai` uses a real provider: a key that happens to be in the environment is
    never used by accident.
    """
    given = _parser().parse_args(list(arguments))
    if given.provider == "openai":
        key = environment.get("OPENAI_API_KEY", "")
        if not key:
            raise OptionsError("PROVIDER=openai needs OPENAI_API_KEY in the environment.")
        url = environment.get("OPENAI_BASE_URL") or OPENAI_URL
        provider = {"provider": "openai", "provider_key": key, "provider_url": url}
    else:
        provider = {"provider": "fake"}
    return StackOptions(
        parameters=_parameters(environment.get("PARAMETERS", "")),
        quiet=given.quiet,
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


def _parameters(text: str) -> Mapping[str, str]:
    """Returns the template parameters in a text, written as for `make deploy`.

    Raises OptionsError for a parameter that the template does not have, or with a wrong value.
    """
    if not text:
        return {}
    # Here, because few starts of the stack need it.
    from operate import parameters

    template = parameters.read_template(TEMPLATE)
    try:
        given = parameters.from_text(text)
        parameters.check(template, parameters.complete(template, given, secrets={}))
    except parameters.ParameterError as error:
        raise OptionsError(str(error)) from error
    return given


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="understudy")
    parser.add_argument("--provider", choices=["fake", "openai"], default="fake")
    parser.add_argument("--port", type=_port, default=0, help="of the API; 0 takes a free one")
    parser.add_argument("--aws-port", type=_port, default=0, help="of local AWS")
    parser.add_argument("--provider-port", type=_port, default=0, help="of the fake provider")
    parser.add_argument("--api-key", default="", help="the key for clients; generated if empty")
    parser.add_argument("--tenant", default="local", help="the tenant of that key")
    parser.add_argument("--logs", default="", help="folder for the functions' logs")
    parser.add_argument("-q", "--quiet", action="store_true", help="does not print requests")
    parser.add_argument(
        "--lambda-endpoint",
        default="",
        help="runs the functions at this endpoint, such as sam local start-lambda",
    )
    return parser


def _port(text: str) -> int:
    if not text:
        return 0
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is not a port")
    return port
