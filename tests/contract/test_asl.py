"""The state machine as a graph, and the rules that every state keeps."""

from collections.abc import Iterator
from typing import Any

from understudy import errors
from understudy.domain.runs import RunStatus

from tests.contract.conftest import ROOT

ENDS = {"RunCancelled", "RunExpired", "RunFailed", "EndedOutside", "RunNotClosed"}
AWS_ERRORS = ("States.", "Lambda.", "DynamoDb.", "DynamoDB.", "Sandbox.", "Runtime.")


def scopes(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The machine and the processors of its Maps, each a graph of its own."""
    yield machine
    for state in machine["States"].values():
        if "ItemProcessor" in state:
            yield from scopes(state["ItemProcessor"])


def states_of(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All states, those inside Maps too, in the order of the file."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states_of(state["ItemProcessor"])


def tasks_of(machine: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """All Task states."""
    return [(name, state) for name, state in states_of(machine) if state["Type"] == "Task"]


def targets_of(state: dict[str, Any]) -> set[str]:
    """Where a state may go."""
    found = {state["Next"]} if "Next" in state else set()
    found |= {state["Default"]} if "Default" in state else set()
    found |= {rule["Next"] for rule in [*state.get("Choices", []), *state.get("Catch", [])]}
    return found


def test_the_graph_is_closed_reachable_and_ends(machine: dict[str, Any]) -> None:
    """Every target exists, every state can be reached, and every state can come to an end."""
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


def test_the_ends_are_named_outcomes(machine: dict[str, Any]) -> None:
    """The machine ends in the outcomes of a run and nowhere else."""
    ends = {n for n, s in machine["States"].items() if s["Type"] in ("Succeed", "Fail")}

    assert ends == ENDS


def test_every_state_says_what_it_is_for(machine: dict[str, Any]) -> None:
    """A Comment on the machine and on every state."""
    assert machine["Comment"]
    assert [name for name, state in states_of(machine) if not state.get("Comment")] == []


def test_every_task_is_bounded_retried_and_caught(machine: dict[str, Any]) -> None:
    """Every Task has a timeout, a Retry, and a Catch whose last entry takes everything."""
    for name, task in tasks_of(machine):
        assert "TimeoutSeconds" in task, name
        assert task["Retry"], name
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
    assert isinstance(machine["TimeoutSeconds"], int)


def test_retries_are_the_same_for_the_same_kind_of_task(machine: dict[str, Any]) -> None:
    """The functions of the run share one Retry, the two doorbells another."""
    outer = [(name, task) for name, task in tasks_of(machine) if name in machine["States"]]
    functions = [task["Retry"] for _, task in outer if task["Resource"].startswith("${")]
    doorbells = [task["Retry"] for _, task in outer if not task["Resource"].startswith("${")]

    assert all(retry == functions[0] for retry in functions)
    assert all(retry == doorbells[0] for retry in doorbells)
    for retrier in [*functions[0], *doorbells[0]]:
        if retrier["MaxAttempts"] == 0:  # says what is not retried
            continue
        assert retrier["JitterStrategy"] == "FULL"
        assert retrier["MaxDelaySeconds"] <= 60
        assert "States.ALL" not in retrier["ErrorEquals"], "a refusal must not be retried"


def test_the_branch_decides_all_nine_statuses(machine: dict[str, Any]) -> None:
    """No status of a run is left to the Default of Branch."""
    conditions = " ".join(rule["Condition"] for rule in machine["States"]["Branch"]["Choices"])

    assert [status for status in RunStatus if f"'{status}'" not in conditions] == []


def test_every_error_name_is_ours_or_of_aws(machine: dict[str, Any]) -> None:
    """A misspelt name would catch nothing: ours are classes of errors.py."""
    for name, state in states_of(machine):
        for rule in [*state.get("Retry", []), *state.get("Catch", [])]:
            for error in rule["ErrorEquals"]:
                assert error.startswith(AWS_ERRORS) or hasattr(errors, error), (name, error)


def test_the_data_is_ids_and_small_values(machine: dict[str, Any]) -> None:
    """Functions are given the execution's ids and the progress, and nothing else."""
    for name, task in tasks_of(machine):
        if name in machine["States"] and task["Resource"].startswith("${"):
            assert task["Arguments"].keys() <= {"run", "progress"}, name


def test_substitutions_and_placeholders_are_the_same(template: dict[str, Any]) -> None:
    """Each `${…}` of the definition is supplied by the template, and none is left over."""
    text = (ROOT / "statemachine" / "run_lifecycle.asl.yaml").read_text()
    supplied = template["Resources"]["RunLifecycleStateMachine"]["Properties"]

    used = {part.split("}")[0] for part in text.split("${")[1:]}
    assert used == supplied["DefinitionSubstitutions"].keys()


def test_no_anchors(machine: dict[str, Any]) -> None:
    """CloudFormation reads the file itself and knows no YAML aliases."""
    del machine
    lines = (ROOT / "statemachine" / "run_lifecycle.asl.yaml").read_text().splitlines()

    assert [line for line in lines if line.rstrip().startswith("<<") or ": *" in line] == []
    assert [line for line in lines if line.split("#")[0].rstrip().endswith(": &")] == []
