"""The options of `make local`, and what it prints."""

import socket

import pytest

from local.front.access_log import AccessLog
from local.http_server import PortTakenError, require_free
from local.options import OptionsError, options_from
from local.serve import request_line

ENTRY = {"httpMethod": "GET", "path": "/v1/threads", "status": 200, "responseLatency": 12.3}


def test_template_parameters_are_written_as_for_a_deploy() -> None:
    given = options_from([], {"PARAMETERS": 'RunDeadlineSeconds=60 DefaultBudgets={"run_usd":0.5}'})

    assert given.parameters == {"RunDeadlineSeconds": "60", "DefaultBudgets": '{"run_usd":0.5}'}


@pytest.mark.parametrize("text", ["NoSuch=1", "RunDeadlineSeconds=never", "DefaultBudgets={"])
def test_wrong_parameters_are_named_before_anything_starts(text: str) -> None:
    with pytest.raises(OptionsError, match=text.partition("=")[0]):
        options_from([], {"PARAMETERS": text})


def test_each_request_is_one_line_unless_quiet() -> None:
    """Neither query nor headers are shown: they may have keys and contents."""
    lines: list[str] = []
    log = AccessLog(lambda entry: lines.append(request_line(entry)))

    log.record(ENTRY)

    assert lines == ["GET    /v1/threads  200  12 ms"]
    assert options_from(["--quiet"], {}).quiet
    assert not options_from([], {}).quiet


def test_taken_port_is_found_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        require_free(0)
        with pytest.raises(PortTakenError, match=f"port {port}"):
            require_free(0, port)
    require_free(port)
