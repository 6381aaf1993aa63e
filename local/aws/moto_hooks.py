"""Every change inside moto; the docstring of each hook gives its reason.

moto's internals are private and may change with any release, so `installed` refuses every version
but the one that these hooks were written for.
"""

import functools
import importlib.metadata
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest import mock

from moto.core.common_models import BaseModel
from moto.dynamodb import models as dynamodb_models
from moto.s3 import models as s3_models
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.component.common.error_name import error_equals_decl
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringJSONata
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import (
    WaitFunction,
)
from moto.stepfunctions.parser.asl.eval.callback import callback
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramRunning
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.parser.utils import TMP_THREADS
from moto.stepfunctions.responses import StepFunctionResponse

from local.aws import dynamodb
from local.aws.functions import InvokeError
from local.aws.states import errors
from local.aws.states.clients import integration_clients
from local.aws.states.engine import StatesEngine
from local.aws.states.history import HistoryTap
from local.aws.states.tokens import answer_task_failure
from local.aws.states.waits import EndSignal

MOTO_VERSION = "5.2.5"
Change = tuple[Any, str, Any]
_STOP_SECONDS = 5.0

_parse = AmazonStateLanguageParser.parse
_start = StepFunctionsParserBackend.start_execution
_stop = Execution.stop
_terminated = BaseExecutionWorkerCommunication.terminated
_environment = ExecutionWorker._get_evaluation_environment
_publish = EventManager._publish_history_event
_handle_retry = ExecutionState._handle_retry
_new_environment = Environment.__init__
_set_error = Environment.set_error
_new_token = callback.CallbackPoolManager.add


class MotoVersionError(RuntimeError):
    """The installed moto is not the version that the hooks were written for."""


@contextmanager
def installed(engine: StatesEngine, on_stream: dynamodb.StreamListener) -> Iterator[None]:
    """Changes moto for as long as the context lasts.

    `on_stream` gets the name of a table and one stream record. Raises MotoVersionError.
    """
    if (found := importlib.metadata.version("moto")) != MOTO_VERSION:
        raise MotoVersionError(f"the hooks fit moto {MOTO_VERSION}, not {found}")
    with ExitStack() as changed:
        for change in (
            *_Interpreter(engine).changes(),
            *_Executions(engine).changes(),
            *_data_changes(dynamodb.Writes(on_stream)),
        ):
            changed.enter_context(mock.patch.object(*change))
        yield


def _method(hook: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a bound hook as a function that works as a method."""
    return lambda this, *args, **kwargs: hook(this, *args, **kwargs)


def _data_changes(writes: dynamodb.Writes) -> Iterator[Change]:
    yield dynamodb_models.table.StreamShard, "add", _method(writes.add_record)
    yield dynamodb_models.DynamoDBBackend, "transact_write_items", _method(writes.transact)
    yield dynamodb_models, "copy", dynamodb.COPY
    yield dynamodb_models.table.Table, "query", dynamodb.query
    # moto would invoke its own Lambda functions.
    yield s3_models.notifications, "send_event", lambda *_: None
    # moto keeps every item, object and execution that it ever made or copied, for a web page.
    yield BaseModel, "__new__", lambda model, *_, **__: object.__new__(model)


class _Interpreter:
    """Hooks that act while a state machine runs."""

    def __init__(self, engine: StatesEngine) -> None:
        self._engine = engine
        self._thread = threading.local()

    def changes(self) -> Iterator[Change]:
        waits = self._engine.waits
        yield StringJSONata, "_eval_body", errors.evaluate_query
        yield error_equals_decl.ErrorEqualsDecl, "_eval_body", errors.match_error
        # moto waits in real time, and on events that a stopped execution does not set.
        yield WaitFunction, "_wait_interval", _method(self.wait)
        yield ExecutionState, "_evaluate_with_timeout", _method(waits.run_task)
        yield Program, "eval", _method(waits.run_program)
        yield ExecutionState, "_handle_retry", _method(self.retry)
        yield retrier_decl, "time", SimpleNamespace(sleep=self.retry_interval)
        yield Environment, "__init__", _method(self.new_environment)
        yield Environment, "set_error", _method(self.fail)
        yield callback.CallbackPoolManager, "add", _method(self.new_token)
        # moto counts this timeout in real time.
        yield callback.CallbackEndpoint, "wait", _method(waits.for_token)
        yield lambda_eval_utils, "_invoke_lambda_function", self.invoke_function
        # moto makes a client for every call of a service integration, which takes 20 ms.
        clients = integration_clients(self._engine.endpoint)
        yield boto_client, "boto3", SimpleNamespace(client=clients)

    def wait(self, _: Any, env: Environment, wait_seconds: int) -> None:
        self._engine.waits.pause(env, wait_seconds)

    def retry(self, state: Any, env: Environment, failure_event: Any) -> Any:
        """Notes whose retry interval follows: moto sleeps without naming the execution."""
        self._thread.env = env
        return _handle_retry(state, env, failure_event)

    def retry_interval(self, seconds: float) -> None:
        self._engine.waits.pause(self._thread.env, seconds)

    def new_environment(self, env: Environment, *args: Any, **kwargs: Any) -> None:
        """Replaces an event that moto pulses when an execution ends: waiters can miss it."""
        _new_environment(env, *args, **kwargs)
        env.program_state_event = EndSignal()

    def fail(self, env: Environment, error: Any) -> None:
        """Keeps an error after the end from turning ABORTED into FAILED."""
        if env.is_running():
            _set_error(env, error)

    def new_token(self, pool: Any, callback_id: str) -> Any:
        """Registers a token, so that its callback finds it."""
        endpoint = _new_token(pool, callback_id)
        self._engine.tokens.open(callback_id, endpoint)
        return endpoint

    def invoke_function(self, parameters: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Runs functions in worker processes instead of moto's containers."""
        payload = parameters.get("Payload", b"{}")
        try:
            outcome = self._engine.invoke(parameters["FunctionName"], payload)
        except InvokeError as refusal:
            details = {"errorType": f"Lambda.{refusal.code}", "errorMessage": str(refusal)}
            raise lambda_eval_utils.LambdaFunctionErrorException(
                "Unhandled", json.dumps(details)
            ) from refusal
        answer = {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
        error = {"FunctionError": outcome.error} if outcome.error else {}
        return {**answer, **error, "Payload": json.loads(outcome.payload)}


class _Executions:
    """Hooks that act when executions start, end and are described."""

    def __init__(self, engine: StatesEngine) -> None:
        self._engine = engine

    def changes(self) -> Iterator[Change]:
        tokens = self._engine.tokens
        backend = StepFunctionsParserBackend
        yield backend, "start_execution", _method(self.start)
        # moto searches every execution for a token, and treats a used one like an unknown one.
        yield backend, "send_task_success", lambda _, *given: tokens.succeed(*given)
        yield backend, "send_task_failure", lambda _, *given: tokens.fail(*given)
        yield backend, "send_task_heartbeat", lambda _, token: tokens.heartbeat(token)
        yield StepFunctionResponse, "send_task_failure", answer_task_failure
        # moto parses the definition for each execution, which takes 0.1 s.
        yield AmazonStateLanguageParser, "parse", staticmethod(functools.cache(_parse))
        yield Execution, "start", _method(self.begin)
        yield Execution, "stop", _method(self.stop)
        yield BaseExecutionWorkerCommunication, "terminated", _method(self.end)
        yield ExecutionWorker, "_get_evaluation_environment", _method(self.environment)
        yield EventManager, "_publish_history_event", _method(self.record)

    def start(
        self,
        backend: Any,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: str | None = None,
        trace_header: str | None = None,
    ) -> Any:
        """Checks the name: moto accepts any, names nameless executions None, and has a race."""
        name = self._engine.execution_name(name)
        with self._engine.starting:
            return _start(backend, state_machine_arn, name, execution_input, trace_header)

    def begin(self, execution: Any) -> None:
        """Reports the start, and makes the environment first: moto cannot stop without one."""
        execution.exec_worker = worker = execution._get_start_execution_worker()
        execution.exec_status = ExecutionStatus.RUNNING
        worker.env = worker._get_evaluation_environment()
        worker.env._program_state = ProgramRunning()
        self._engine.started(execution)
        worker.start()

    def stop(self, execution: Any, **details: Any) -> None:
        """Waits for the end: in AWS the execution has ended when StopExecution responds."""
        _stop(execution, **details)
        self._engine.wait_for_end(execution, _STOP_SECONDS)

    def end(self, communication: Any) -> None:
        """Reports the end and releases memory: moto keeps all threads and environments."""
        _terminated(communication)
        TMP_THREADS.clear()
        self._engine.ended(communication.execution)

    @staticmethod
    def environment(worker: Any) -> Any:
        """Returns the environment made before the thread started, with a tap for its events."""
        if worker.env is None:
            worker.env = _environment(worker)
            details = worker._evaluation_details.execution_details
            worker.env.event_manager.tap = HistoryTap(details.arn, details.name)
        return worker.env

    def record(self, manager: Any, event_id: int, **event: Any) -> None:
        """Reports each event; moto has no listeners for the history."""
        _publish(manager, event_id=event_id, **event)
        self._engine.on_history(manager.tap.event(event_id, **event))
