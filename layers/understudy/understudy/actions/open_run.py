"""The run that a step of the state machine is about, as long as it is open."""

from understudy.actions.progress import RunRef
from understudy.domain.runs import Run
from understudy.errors import RunEndedError
from understudy.ports import Runs


def open_run(runs: Runs, ref: RunRef) -> Run:
    """Reads the run. Raises RunEndedError if it has ended or is gone: nothing is left to do."""
    run = runs.get(ref.tenant, ref.thread_id, ref.run_id)
    if run is None or run.status.is_final:
        raise RunEndedError(f"run {ref.run_id} has ended")
    return run
