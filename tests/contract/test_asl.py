"""The state machine as a graph, and rules for all its states."""

from collections.abc import Iterator
from typing import Any

from understudy import errors
from understudy.domain.runs import RunStatus

from functions.submit_tool_outputs.callback import STATE_SECONDS, WaitError
from tests.contract.conftest import ROOT

ENDS = {"RunCancelled", "RunExpired", "RunFailed", "EndedOutside", "RunNotClosed"}
TIMEOUT = "States.Timeout"
AWS_ERRORS = ("States.", "Lambda.", "DynamoDb.", "DynamoDB.", "Sandbox.", "Runtime.")


def scopes(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the machine and the processors of its Maps, each of which is a graph of its own."""
    yield machine
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from scopes(state["ItemProcessor"])


def states_of(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields all states, including those inside Maps, in the order of the file."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states_of(state["ItemProcessor"])


def tasks_of(machine: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Yields all Task states."""
    return [(name, state) for name, state in states_of(machine) if state["Type"] == "Task"]


def function_of(task: dict[str, Any]) -> str | None:
    """Returns the substitution for the function that a Task invokes; None for a service call."""
    invoked = task["Arguments"] if "lambda:invoke" in task["Resource"] else task
    name: str = invoked.get("FunctionName") or invoked.get("Resource", "")
    return name if name.startswith("${") else None


def targets_of(state: dict[str, Any]) -> set[str]:
    """Yields the possible next states of a state."""
    found = {state["Next"]} if "Next" in state else set()
    found |= {state["Default"]} if "Default" in state else set()
    found |= {rule["Next"] for rule in [*state.get("Choices", []), *state.get("Catch", [])]}
    return found


def test_every_state_is_reachable_and_reaches_an_end(machine: dict[str, Any]) -> None:
    """Every target exists."""
    for scope in scopes(machine):
        states = scope["States"]
        assert scope["StartAt"] in states
        for name, state in states.items():
            assert targets_of(state) <= states.keys(), name
            is_end = state["Type"] in ("Succeed", "Fail") or state.get("End") is True
            assert is_end or targets_of(state), f"{name} goes nowhere"
        reached = {scope["StartAt"]}
        while more := {t for name in reached for t in targets_of(states[name])} - reached:
            reached |= more
        assert reached == states.keys()
        ending = {n for n, s in states.items() if not targets_of(s)}
        while more := {n for n, s in states.items() if targets_of(s) & ending} - ending:
            ending |= more
        assert ending == states.keys()


def test_end_states_are_named_outcomes(machine: dict[str, Any]) -> None:
    """The machine ends in no other state."""
    ends = {n for n, s in machine["States"].items() if s["Type"] in ("Succeed", "Fail")}

    assert ends == ENDS


def test_every_state_has_a_comment(machine: dict[str, Any]) -> None:
    """So has the machine."""
    assert machine["Comment"]
    assert [name for name, state in states_of(machine) if not state.get("Comment")] == []


def test_every_task_has_timeout_retry_and_catch(machine: dict[str, Any]) -> None:
    """The last entry of Catch matches all errors."""
    for name, task in tasks_of(machine):
        assert "TimeoutSeconds" in task, name
        assert task["Retry"], name
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
    assert isinstance(machine["TimeoutSeconds"], int)


def test_tasks_of_one_kind_share_a_retry(machine: dict[str, Any]) -> None:
    """The run's functions share one Retry, the two states of tools another, the waits a third."""
    kinds: dict[str, list[Any]] = {"run": [], "tool": [], "wait": []}
    submitting = machine["States"]["SubmitToolOutputs"]
    for _, task in tasks_of(machine):
        function = function_of(task)
        kind = "wait" if function is None else "tool" if "ExecuteTool" in function else "run"
        if task is not submitting:
            kinds[kind].append(task["Retry"])

    for retries in kinds.values():
        assert len(retries) > 1
        assert all(retry == retries[0] for retry in retries)
    assert submitting["Retry"] == [_without_timeout(rule) for rule in kinds["run"][0]]
    for retrier in [rule for retries in kinds.values() for rule in retries[0]]:
        if retrier["MaxAttempts"] == 0:  # says what is not retried
            continue
        assert retrier["JitterStrategy"] == "FULL"
        assert retrier.get("MaxDelaySeconds", 0) <= 60
        assert "States.ALL" not in retrier["ErrorEquals"], "a refusal must not be retried"


def _without_timeout(rule: dict[str, Any]) -> dict[str, Any]:
    """Returns the Retry rule of a state whose timeout ends a wait."""
    return {**rule, "ErrorEquals": [each for each in rule["ErrorEquals"] if each != TIMEOUT]}


def test_functions_of_the_run_share_their_catch(machine: dict[str, Any]) -> None:
    """Functions that ask the provider for a response go to the fallback, others to CancelRun."""
    asking = ["CreateRun", "CheckStatus", "SubmitToolOutputs"]
    shared = machine["States"]["CreateRun"]["Catch"]

    for name in asking:
        assert machine["States"][name]["Catch"][-len(shared) :] == shared, name


def test_single_call_is_executed_like_one_of_several(machine: dict[str, Any]) -> None:
    """ExecuteTool and the state in the Map differ only in what follows."""
    alone = machine["States"]["ExecuteTool"]
    several = machine["States"]["ExecuteTools"]
    [name] = [n for n in several["ItemProcessor"]["States"] if n != "ToolFailed"]
    each = several["ItemProcessor"]["States"][name]

    assert several["ItemSelector"].keys() == alone["Arguments"].keys()
    for field in ("Type", "Resource", "TimeoutSeconds", "Retry"):
        assert each[field] == alone[field], field


def test_wait_of_submit_tool_outputs_matches_its_function(machine: dict[str, Any]) -> None:
    """The function compares its wait with the state's timeout, and ends the wait with errors."""
    state = machine["States"]["SubmitToolOutputs"]
    caught = {name: rule["Next"] for rule in state["Catch"] for name in rule["ErrorEquals"]}

    assert state["TimeoutSeconds"] == STATE_SECONDS
    assert {error: caught.get(error) for error in WaitError} == {
        WaitError.BACK_OFF: "Wait",
        WaitError.NOTHING_TO_AWAIT: "Branch",
        WaitError.WAKE_PENDING: "CheckStatus",
    }


def test_branch_handles_all_nine_statuses(machine: dict[str, Any]) -> None:
    """No status is left to the Default of Branch."""
    conditions = " ".join(rule["Condition"] for rule in machine["States"]["Branch"]["Choices"])

    assert [status for status in RunStatus if f"'{status}'" not in conditions] == []


def test_every_error_name_exists(machine: dict[str, Any]) -> None:
    """In errors.py, on AWS or sent with a token; a misspelt name would match nothing."""
    for name, state in states_of(machine):
        for rule in [*state.get("Retry", []), *state.get("Catch", [])]:
            for error in rule["ErrorEquals"]:
                known = hasattr(errors, error) or error in set(WaitError)
                assert error.startswith(AWS_ERRORS) or known, (name, error)


def test_machine_data_is_ids_and_small_values(machine: dict[str, Any]) -> None:
    """Functions receive the execution's ids and the progress only."""
    for name, task in tasks_of(machine):
        if name in machine["States"] and function_of(task):
            given = task["Arguments"].get("Payload", task["Arguments"])
            assert given.keys() <= {"run", "progress", "call_id", "task_token"}, name


def test_substitutions_match_placeholders(template: dict[str, Any]) -> None:
    """The template supplies each `${…}` of the definition, and no others."""
    text = (ROOT / "statemachine" / "run_lifecycle.asl.yaml").read_text()
    supplied = template["Resources"]["RunLifecycleStateMachine"]["Properties"]

    used = {part.split("}")[0] for part in text.split("${")[1:]}
    assert used == supplied["DefinitionSubstitutions"].keys()


def test_function_may_end_the_wait_of_this_machine(template: dict[str, Any]) -> None:
    """Its role names the machine, because a reference would be a circular dependency."""
    resources = template["Resources"]
    name = resources["RunLifecycleStateMachine"]["Properties"]["Name"]["Fn::Sub"]
    [policy] = resources["SubmitToolOutputsFunction"]["Properties"]["Policies"]
    [right] = [each for each in policy["Statement"] if "states:SendTaskFailure" in each["Action"]]

    assert right["Resource"]["Fn::Sub"].rpartition(":stateMachine:")[2] == name


def test_no_anchors(machine: dict[str, Any]) -> None:
    """CloudFormation reads the file itself and knows no YAML aliases."""
    del machine
    lines = (ROOT / "statemachine" / "run_lifecycle.asl.yaml").read_text().splitlines()

    assert [line for line in lines if line.rstrip().startswith("<<") or ": *" in line] == []
    assert [line for line in lines if line.split("#")[0].rstrip().endswith(": &")] == []
