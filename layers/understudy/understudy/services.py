"""What the functions use: the adapters, and the operations that several functions share."""

from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

from understudy.adapters.assembly import Adapters
from understudy.settings import settings

if TYPE_CHECKING:
    from understudy.runs.end import RunEnder
    from understudy.runs.limits import UsageLimits
    from understudy.runs.model_requests import ModelRequests
    from understudy.runs.progress import Pacing
    from understudy.runs.record import RunRecorder
    from understudy.runs.start import RunStarter
    from understudy.runs.tool_calls import ToolExecutor


class Services(Adapters):
    """The adapters of a deployment and the shared operations on top of them.

    Operations are imported when they are first used, as the adapters are.
    """

    @cached_property
    def pacing(self) -> "Pacing":
        from understudy.runs.progress import Pacing

        return Pacing(self.now, self.settings.webhooks_enabled, self.settings.poll_seconds)

    @cached_property
    def usage_limits(self) -> "UsageLimits":
        from understudy.runs.limits import UsageLimits

        return UsageLimits(self.budgets, self.rates, self.now)

    @cached_property
    def run_starter(self) -> "RunStarter":
        from understudy.files.attach import attach_to_thread
        from understudy.runs.start import RunStarter

        return RunStarter(
            threads=self.threads,
            runs=self.runs,
            executions=self.executions,
            tools=lambda: self.tools,
            limits=self.usage_limits,
            ender=self.run_ender,
            recorder=self.run_recorder,
            attach=partial(attach_to_thread, self),
            now=self.now,
            default_seconds=self.settings.run_deadline,
        )

    @cached_property
    def model_requests(self) -> "ModelRequests":
        from understudy.files.prepare import forget_container, open_tools
        from understudy.files.provider_ids import with_provider_ids
        from understudy.runs.model_requests import ModelRequests

        return ModelRequests(
            runs=self.runs,
            run_steps=self.run_steps,
            responses=self.responses,
            provider=self.provider,
            pacing=self.pacing,
            prepare_files=partial(open_tools, self),
            forget_container=partial(forget_container, self),
            with_provider_ids=partial(with_provider_ids, self),
        )

    @cached_property
    def tool_executor(self) -> "ToolExecutor":
        from understudy.runs.tool_calls import ToolExecutor

        return ToolExecutor(self.tools, self.tool_calls, lambda: self.side_effects)

    @cached_property
    def run_ender(self) -> "RunEnder":
        from understudy.runs.end import RunEnder

        return RunEnder(self.runs, self.tool_calls, lambda: self.provider, self.now)

    @cached_property
    def run_recorder(self) -> "RunRecorder":
        from understudy.runs.record import RunRecorder

        return RunRecorder(self.usage, self.run_events)


@cache
def services() -> Services:
    """Returns this process's services."""
    return Services(settings())
