"""Waits of an execution: they use the virtual clock and end when the execution ends."""

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent

from local.aws.clock import Clock
from local.aws.states.tokens import TaskTokens


class EndSignal:
    """Calls its listeners when the execution ends.

    Replaces an event of moto that is set and cleared at every change: a waiting thread can miss
    such a pulse.
    """

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    @contextmanager
    def listened_by(self, listener: Callable[[], None]) -> Iterator[None]:
        """Calls the listener, which must not block, whenever moto sets the event."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)

    def set(self) -> None:
        """Calls all listeners."""
        for listener in tuple(self._listeners):
            listener()

    def clear(self) -> None:
        """Does nothing: the signal has no state."""


class Waits:
    """Runs programs and tasks of moto's interpreter within their timeouts."""

    def __init__(self, clock: Clock, tokens: TaskTokens) -> None:
        self._clock = clock
        self._tokens = tokens

    def pause(self, env: Any, seconds: float) -> None:
        """Waits that many virtual seconds, or until the execution ends."""
        over = threading.Event()
        with env.program_state_event.listened_by(over.set):
            if env.is_running() and seconds > 0:
                self._clock.wait(over, seconds)

    def run_program(self, program: Any, env: Any) -> None:
        """Runs a machine, or the inner machine of a Map, within its TimeoutSeconds."""
        env.next_state_name = program.start_at.start_at_name
        limit = program.timeout_seconds
        if limit is None or env.is_frame():
            EvalComponent.eval(program, env)
            return

        def time_out() -> None:
            if env.is_running():
                env.set_timed_out()

        alarm = self._clock.alarm(limit.timeout_seconds, time_out)
        try:
            EvalComponent.eval(program, env)
        finally:
            alarm.cancel()

    def run_task(self, state: Any, env: Any) -> None:
        """Runs one attempt of a Task, Map or Parallel state within its TimeoutSeconds.

        Raises EvalTimeoutError, or what the attempt raised. When the execution ends during the
        attempt, it returns at once and leaves the attempt running.
        """
        state.timeout.eval(env=env)
        seconds = self._timeout(state, env, env.stack.pop())
        self._renew_token(env)
        frame = env.open_frame()
        frame.states.reset(input_value=env.states.get_input())
        frame.stack = copy.deepcopy(env.stack)
        attempt = _Attempt(state, frame)
        with env.program_state_event.listened_by(attempt.over.set):
            threading.Thread(target=attempt.run, daemon=True).start()
            if env.is_running():
                self._clock.wait(attempt.over, seconds)
        self._end_token_wait(env, attempt)
        frame.set_ended()
        env.close_frame(frame)
        if env.is_running():
            attempt.hand_over(env)

    def _timeout(self, state: Any, env: Any, seconds: float) -> float:
        """Returns the timeout of an attempt in virtual seconds.

        Functions and service calls take real time at any scale of the clock, so the timeout of
        their Tasks counts real seconds. The timeout of a wait for a token counts virtual ones; if
        a function sends the token, this begins when the function has ended (`for_token`).
        """
        waits_for_token = "Task" in env.states.context_object.context_object_data
        if not hasattr(state, "resource"):
            return seconds
        if waits_for_token and getattr(state.resource, "service_name", "") != "lambda":
            return seconds
        return seconds / self._clock.scale

    def for_token(self, endpoint: Any, timeout: float) -> Any:
        """Waits for the outcome of a token; returns None after that many virtual seconds."""

        def time_out() -> None:
            self._tokens.close(endpoint.callback_id)

        alarm = self._clock.alarm(timeout, time_out)
        endpoint._notify_event.wait()
        alarm.cancel()
        return endpoint.get_outcome()

    @staticmethod
    def _renew_token(env: Any) -> None:
        """Gives every attempt a token of its own; moto makes one per state."""
        context = env.states.context_object
        data = context.context_object_data
        if "Task" in data and data["State"]["RetryCount"] > 0:
            env.callback_pool_manager.add(context.update_task_token())

    def _end_token_wait(self, env: Any, attempt: "_Attempt") -> None:
        """Invalidates the token with its attempt; an outcome that has just come still counts."""
        token = env.states.context_object.context_object_data.get("Task", {}).get("Token")
        if token is not None and not self._tokens.close(token) and env.is_running():
            attempt.finished.wait()


class _Attempt:
    """One attempt of a state, on a thread of its own so that it can be abandoned."""

    def __init__(self, state: Any, frame: Any) -> None:
        self._state = state
        self._frame = frame
        self._error: Exception | None = None
        self.finished = threading.Event()
        self.over = threading.Event()
        """Set when the attempt has finished, has timed out or is no longer needed."""

    def run(self) -> None:
        try:
            self._state._eval_execution(self._frame)
        except Exception as error:  # noqa: BLE001 - raised again by hand_over
            self._error = error
        self.finished.set()
        self.over.set()

    def hand_over(self, env: Any) -> None:
        """Stores the outcome where the interpreter expects it."""
        if self._error is not None and self.finished.is_set():
            raise self._error
        if not self.finished.is_set():
            raise EvalTimeoutError
        state, output = self._state, self._frame.stack.pop()
        env.stack.append(output)
        if not state._is_language_query_jsonpath():
            env.states.set_result(output)
        for step in (state.assign_decl, state.result_selector):
            if step:
                step.eval(env=env)
        if state.result_path:
            state.result_path.eval(env)
        else:
            env.states.reset(input_value=env.stack.pop())
