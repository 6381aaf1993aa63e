"""The run that a step of the state machine is about, as long as it is open."""

from understudy.adapters.dynamodb.runs import Runs
from understudy.domain.runs import Run
from understudy.errors import RunEndedError
from understudy.runs.progress import RunRef


def open_run(runs: Runs, ref: RunRef) -> Run:
    """Reads the run. Raises RunEndedError if it has ended or is gone: nothing is left to do."""
    run = runs.get(ref.tenant, ref.thread_id, ref.run_id)
    if run is None or run.status.is_final:
        raise RunEndedError(f"run {ref.run_id} has ended")
    return run
