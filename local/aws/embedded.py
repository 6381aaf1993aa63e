"""The embedded AWS as one object."""

import logging
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

from moto.core.config import default_user_config
from moto.moto_api._internal.models import moto_api_backend
from werkzeug.wrappers import Response

from local.aws import moto_hooks
from local.aws.callers import STATES, Caller
from local.aws.calls import Call
from local.aws.clock import Clock
from local.aws.deploy import DEFAULT_CONCURRENCY, deploy
from local.aws.deployment import Deployment
from local.aws.faults import Faults
from local.aws.function_resources import statements_of
from local.aws.functions.outcome import InvokeError, Outcome
from local.aws.functions.remote import RemoteFunctions
from local.aws.functions.runtime import FunctionRuntime
from local.aws.gateway import Gateway
from local.aws.lambda_api import Functions, InvokeAsync, LambdaApi
from local.aws.permissions import Permissions
from local.aws.put_events import put_entries
from local.aws.recorder import Listener, Recorder
from local.aws.server import MotoApp, Server
from local.aws.states.engine import StatesEngine
from local.aws.states.history import HistoryEvent

_only_one = threading.Lock()


class EmbeddedAws:
    """moto on a port of its own, functions in processes of their own.

    moto keeps its state in modules: one at a time in a process. Listeners are called on the
    threads that do the work, in order, and must not wait.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        scale: float = 1.0,
        timeout_factor: float = 1.0,
        logs: Path | None = None,
        concurrency: int = DEFAULT_CONCURRENCY,
        invoke_async: InvokeAsync | None = None,
    ) -> None:
        """Port 0 takes a free one; `scale` is how long a second of a wait lasts.

        Functions work in real time: their timeouts, and those of the Tasks that call them, are
        in real seconds, times `timeout_factor`. `logs` is a folder for what functions write, and
        `invoke_async` takes over asynchronous invocations.
        """
        self.clock = Clock(scale)
        self.recorder = Recorder()
        self.faults = Faults()
        self.on_history: Callable[[HistoryEvent], None] = _ignore
        self.on_status_change: Callable[[dict[str, Any]], None] = _ignore
        self.on_put_events: Callable[[list[dict[str, Any]]], None] = _ignore
        self.on_stream_record: Callable[[str, dict[str, Any]], None] = _ignore
        self.invoke_async = invoke_async
        self.runtime: FunctionRuntime | None = None
        self.template: Path | None = None
        self._timeout_factor = timeout_factor
        self._logs = logs
        self._concurrency = concurrency
        self._functions: Functions | None = None
        self._moto = MotoApp()
        self._gateway = Gateway(self._answer, self._kill, self.recorder, self.faults)
        self._gateway.listen(self._tell_put_events)
        self._server = Server(self._gateway, port)
        self._open = ExitStack()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    def start(self) -> "EmbeddedAws":
        """Raises MotoVersionError, or RuntimeError when another one is running."""
        try:
            self._change_moto()
        except Exception:  # what was changed of moto is changed back
            self.stop()
            raise
        self._server.start()
        return self

    def _change_moto(self) -> None:
        if not _only_one.acquire(blocking=False):
            raise RuntimeError("an embedded AWS is running in this process already")
        self._open.callback(_only_one.release)
        engine = StatesEngine(
            self.clock,
            self.endpoint,
            self._invoke_for_states,
            lambda event: self.on_history(event),
            lambda event: self.on_status_change(event),
            self._timeout_factor,
        )
        enter = self._open.enter_context
        enter(moto_hooks.installed(engine, lambda *record: self.on_stream_record(*record)))
        # moto calls itself by this number.
        enter(mock.patch.dict(os.environ, {"MOTO_PORT": str(self._server.port)}))
        enter(mock.patch.dict(default_user_config, stepfunctions={"execute_state_machine": True}))
        moto_api_backend.reset()
        self._open.callback(moto_api_backend.reset)
        # It reports every failed state several times as an error; the history has it.
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
        """Deploy a SAM template; `secrets` are the values of Secrets Manager secrets by logical id.

        With a `lambda_endpoint`, functions run there and not in worker processes here.
        Raises TemplateError, or ClientError where CloudFormation refuses.
        """
        deployment = deploy(
            self.endpoint,
            template,
            stack=stack,
            parameters=parameters,
            secrets=secrets,
            concurrency=self._concurrency,
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
        """Run a deployed function; raises InvokeError as `FunctionRuntime.invoke` does."""
        assert self._functions, "nothing is deployed"
        return self._functions.invoke(function, payload)

    def _invoke_for_states(self, function: str, payload: bytes) -> Outcome:
        call = Call(Caller(STATES), "lambda", "Invoke", function, (), b"")
        refusal = self.permissions.refusal(call)
        if refusal is not None:
            raise InvokeError(refusal.code, refusal.message, 403)
        return self.invoke(function, payload)

    def listen(self, listener: Listener) -> None:
        """Call the listener after every AWS call that had its effect."""
        self._gateway.listen(listener)

    @property
    def permissions(self) -> Permissions:
        """What the roles of the deployment allow, and what of it was used."""
        return self._gateway.permissions

    def stop(self) -> None:
        """End everything: workers, server, executions; moto forgets all it had."""
        self._server.stop()
        self._open.close()
        self.clock.close()

    def __enter__(self) -> "EmbeddedAws":
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

    def _tell_put_events(self, call: Call, answer: Any) -> None:
        if entries := put_entries(call, answer):
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
    """Nobody listens."""
