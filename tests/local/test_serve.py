"""The options of `make local`, and what it prints."""

import socket

import pytest

from local.http_server import PortTakenError, require_free
from local.options import OptionsError, options_from


def test_template_parameters_are_written_as_for_a_deploy() -> None:
    given = options_from([], {"PARAMETERS": 'RunDeadlineSeconds=60 DefaultBudgets={"run_usd":0.5}'})

    assert given.parameters == {"RunDeadlineSeconds": "60", "DefaultBudgets": '{"run_usd":0.5}'}


@pytest.mark.parametrize("text", ["NoSuch=1", "RunDeadlineSeconds=never", "DefaultBudgets={"])
def test_wrong_parameters_are_named_before_anything_starts(text: str) -> None:
    with pytest.raises(OptionsError, match=text.partition("=")[0]):
        options_from([], {"PARAMETERS": text})


def test_requests_are_shown_unless_quiet() -> None:
    assert options_from(["--quiet"], {}).quiet
    assert not options_from([], {}).quiet


def test_taken_port_is_found_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        require_free(0)
        with pytest.raises(PortTakenError, match=f"port {port}"):
            require_free(0, port)
    require_free(port)
