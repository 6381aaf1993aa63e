"""Local AWS as one object."""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

from moto.core.config import default_user_config
from moto.moto_api._internal.models import moto_api_backend
from werkzeug.wrappers import Response

from local.aws import moto_hooks
from local.aws.calls import STATES, Call, Caller
from local.aws.clock import Clock
from local.aws.deploy import deploy
from local.aws.deployment import Deployment, statements_of
from local.aws.faults import Faults
from local.aws.functions import FunctionRuntime, InvokeError, Outcome, RemoteFunctions
from local.aws.gateway import Gateway
from local.aws.lambda_api import Functions, InvokeAsync, LambdaApi
from local.aws.moto_app import MotoApp
from local.aws.permissions import Permissions
from local.aws.recorder import Listener, Recorder, accepted_events
from local.aws.states.engine import StatesEngine
from local.aws.states.history import HistoryEvent
from local.http_server import HOST, HttpServer

_only_one = threading.Lock()


class LocalAws:
    """moto on a port of its own, functions in processes of their own.

    Only one can run in a process, because moto keeps its state in modules. Listeners (`on_...`)
    are called in order, on the threads that do the work, and must not block.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        scale: float = 1.0,
        timeout_factor: float = 1.0,
        logs: Path | None = None,
    ) -> None:
        """Port 0 takes a free one; `scale` is how many real seconds a second of a wait lasts.

        Functions run in real time: their timeouts, and those of the Tasks that call them, are
        real seconds. `timeout_factor` multiplies the timeouts of functions, for machines that are
        busy. `logs` is a folder for the functions' output.
        """
        self.clock = Clock(scale)
        self.recorder = Recorder()
        self.faults = Faults()
        self.on_history: Callable[[HistoryEvent], None] = _ignore
        self.on_status_change: Callable[[dict[str, Any]], None] = _ignore
        self.on_put_events: Callable[[list[dict[str, Any]]], None] = _ignore
        self.on_stream_record: Callable[[str, dict[str, Any]], None] = _ignore
        self.invoke_async: InvokeAsync = _ignore
        self.runtime: FunctionRuntime | None = None
        self.template: Path | None = None
        self._logs = logs
        self._timeout_factor = timeout_factor
        self._functions: Functions | None = None
        self._moto = MotoApp()
        self._gateway = Gateway(self._answer, self._kill, self.recorder, self.faults)
        self._gateway.listen(self._report_put_events)
        self._server = HttpServer(self._gateway, port)
        self._open = ExitStack()

    @property
    def endpoint(self) -> str:
        """The endpoint URL for AWS clients."""
        return f"http://{HOST}:{self._server.port}"

    def start(self) -> "LocalAws":
        """Raises MotoVersionError, or RuntimeError when another local AWS runs in this process."""
        try:
            self._change_moto()
        except Exception:  # undo the changes made so far
            self.stop()
            raise
        self._server.start()
        return self

    def _change_moto(self) -> None:
        if not _only_one.acquire(blocking=False):
            raise RuntimeError("a local AWS is already running in this process")
        self._open.callback(_only_one.release)
        engine = StatesEngine(
            self.clock,
            self.endpoint,
            self._invoke_for_states,
            lambda event: self.on_history(event),
            lambda event: self.on_status_change(event),
        )
        enter = self._open.enter_context
        enter(moto_hooks.installed(engine, lambda *record: self.on_stream_record(*record)))
        # moto calls itself at this port.
        enter(mock.patch.dict(os.environ, {"MOTO_PORT": str(self._server.port)}))
        enter(mock.patch.dict(default_user_config, stepfunctions={"execute_state_machine": True}))
        moto_api_backend.reset()
        self._open.callback(moto_api_backend.reset)
        # It logs every failed state several times as an error; the history has it too.
        logging.getLogger("moto.stepfunctions.parser").setLevel(logging.CRITICAL)

    def deploy(
        self,
        template: Path,
        *,
        stack: str = "understudy",
        parameters: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        lambda_endpoint: str | None = None,
    ) -> Deployment:
        """Deploys a SAM template; `secrets` are values of Secrets Manager secrets by logical id.

        With a `lambda_endpoint`, functions run there instead of in local worker processes.
        Raises TemplateError, or ClientError where CloudFormation refuses.
        """
        deployment = deploy(
            self.endpoint,
            template,
            stack=stack,
            parameters=parameters,
            secrets=secrets,
        )
        functions = list(deployment.functions.values())
        self.template = template
        self._gateway.permissions = _permissions(deployment)
        if lambda_endpoint:
            self._functions = RemoteFunctions(functions, lambda_endpoint)
        else:
            self._functions = self.runtime = FunctionRuntime(
                functions,
                template.parent,
                self.endpoint,
                logs=self._logs,
                timeout_factor=self._timeout_factor,
            )
        self._open.callback(self._functions.close)
        return deployment

    def invoke(self, function: str, payload: bytes) -> Outcome:
        """Runs a deployed function; raises InvokeError like `FunctionRuntime.invoke`."""
        assert self._functions, "nothing is deployed"
        return self._functions.invoke(function, payload)

    def stream(self, function: str, payload: bytes) -> Iterator[bytes]:
        """Runs a deployed function that streams; see `FunctionRuntime.stream`."""
        assert self._functions, "nothing is deployed"
        return self._functions.stream(function, payload)

    def _invoke_for_states(self, function: str, payload: bytes) -> Outcome:
        call = Call(Caller(STATES), "lambda", "Invoke", function, (), b"")
        refusal = self.permissions.refusal(call)
        if refusal is not None:
            raise InvokeError(refusal.code, refusal.message, 403)
        return self.invoke(function, payload)

    def listen(self, listener: Listener) -> None:
        """Calls the listener after every AWS call that took effect."""
        self._gateway.listen(listener)

    @property
    def permissions(self) -> Permissions:
        """The rights that the roles of the deployment grant, and those that were used."""
        return self._gateway.permissions

    def stop(self) -> None:
        """Ends workers, server and executions, and resets moto."""
        self._server.stop(grace_seconds=0)
        self._open.close()
        self.clock.close()

    def __enter__(self) -> "LocalAws":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answer(self, call: Call, environ: dict[str, Any]) -> Response:
        if call.service == "lambda" and self._functions is not None:
            return LambdaApi(self._functions, self.invoke_async).answer(environ)
        return self._moto.answer(call.service, environ)

    def _kill(self, caller: Caller) -> None:
        if self.runtime is not None:
            self.runtime.kill(caller)

    def _report_put_events(self, call: Call, answer: Any) -> None:
        if entries := accepted_events(call, answer):
            self.on_put_events(entries)


def _permissions(deployment: Deployment) -> Permissions:
    roles = {
        resource["Properties"]["RoleArn"]
        for resource in deployment.resources.values()
        if resource["Type"] == "AWS::StepFunctions::StateMachine"
    }
    machines = [
        statement
        for role in sorted(roles)
        for statement in statements_of(role, deployment.resources, deployment.physical_ids)
    ]
    functions = {each.name: each.role_statements for each in deployment.functions.values()}
    return Permissions({**functions, STATES: machines})


def _ignore(*_: Any) -> None:
    """The default listener."""
