"""Run steps in the table."""

from understudy.adapters.dynamodb import keys
from understudy.adapters.dynamodb.bodies import Bodies
from understudy.adapters.dynamodb.messages import KEPT_SECONDS
from understudy.adapters.dynamodb.paging import Span, page_of, readings
from understudy.adapters.dynamodb.table import Item, Table, Write
from understudy.domain.lists import Page, PageRequest
from understudy.domain.run_steps import RunStep
from understudy.domain.runs import Run, RunStatus


class RunSteps:
    """The steps of runs, by the id of their run."""

    def __init__(self, table: Table, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies

    def get(self, tenant: str, thread_id: str, run_id: str, step_id: str) -> RunStep | None:
        item = self._table.get(keys.step(tenant, thread_id, run_id, step_id))
        return self._read(item) if item else None

    def put(self, step: RunStep) -> None:
        item: Item = {
            **keys.step(step.tenant, step.thread_id, step.run_id, step.id),
            "expires_at": int(self._table.now()) + KEPT_SECONDS,
        }
        body = step.model_dump(exclude_none=True)
        self._table.write(Write(item=self._bodies.packed(item, body)))

    def of_run(self, tenant: str, thread_id: str, run_id: str) -> list[RunStep]:
        partition = keys.thread_partition(tenant, thread_id)
        return [
            self._read(item) for item in self._table.query(partition, prefix=keys.steps_of(run_id))
        ]

    def page(self, run: Run, request: PageRequest) -> Page[RunStep]:
        """Returns a page of the run's steps that clients may see."""
        partition, prefix = keys.thread_partition(run.tenant, run.thread_id), keys.steps_of(run.id)
        if run.status in (RunStatus.COMPLETED, RunStatus.INCOMPLETE):  # all of its steps are shown
            return page_of(self._table, partition, prefix, request, self._read)
        span = Span.of(request)
        items = self._table.query(
            partition,
            prefix=prefix,
            after=None if span.low is None else prefix + span.low,
            before=None if span.high is None else prefix + span.high,
            newest_first=span.newest_first,
        )
        found = readings(items, self._read)
        return span.page(step for step in found if step is None or step.is_shown(run))

    def _read(self, item: Item) -> RunStep:
        return RunStep.model_validate(self._bodies.unpacked(item))
