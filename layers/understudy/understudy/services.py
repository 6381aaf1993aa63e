"""The dependencies of the functions: adapters, and operations that several functions share."""

from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

from understudy.adapters.assembly import Adapters
from understudy.settings import settings

if TYPE_CHECKING:
    from understudy.adapters.dynamodb.owned_responses import OwnedResponses
    from understudy.drops.admit import DropAdmission
    from understudy.drops.report import DropReports
    from understudy.files.attach import Attachments
    from understudy.files.prepare import FilePreparation
    from understudy.files.remove import FileRemoval
    from understudy.runs.end import RunEnder
    from understudy.runs.limits import UsageLimits
    from understudy.runs.model_requests import ModelRequests
    from understudy.runs.progress import Pacing
    from understudy.runs.promote import RunPromotion
    from understudy.runs.start import RunStarter
    from understudy.runs.tool_calls import ToolExecutor
    from understudy.runs.turn_messages import TurnMessages
    from understudy.threads.find import UserThreads


class Services(Adapters):
    """The adapters of a deployment and the shared operations on top of them.

    Operations are imported when they are first used, as the adapters are.
    """

    @cached_property
    def pacing(self) -> "Pacing":
        from understudy.runs.progress import Pacing

        return Pacing(self.now, self.settings.webhooks_enabled, self.settings.poll_seconds)

    def check_model(self, name: str) -> None:
        """Raises InvalidRequestError for a model that the provider is known not to have."""
        if self.settings.rejects_unknown_models:
            from understudy.domain.models import check_model

            check_model(name, self.prices.models, self.settings.model_aliases)

    @cached_property
    def usage_limits(self) -> "UsageLimits":
        from understudy.runs.limits import UsageLimits

        return UsageLimits(self.budgets, self.rates, self.now)

    @cached_property
    def run_starter(self) -> "RunStarter":
        from understudy.runs.enqueue import RunQueueing
        from understudy.runs.start import RunStarter

        return RunStarter(
            threads=self.threads,
            runs=self.runs,
            executions=self.executions,
            tools=lambda: self.tools,
            limits=self.usage_limits,
            ender=self.run_ender,
            attachments=self.attachments,
            queueing=RunQueueing(self.runs, self.run_queues, lambda: self.waits, self.executions),
            check_model=self.check_model,
            now=self.now,
            default_seconds=self.settings.run_deadline,
        )

    @cached_property
    def run_promotion(self) -> "RunPromotion":
        from understudy.runs.promote import RunPromotion

        return RunPromotion(
            runs=self.runs,
            open_runs=self.open_runs,
            queues=self.run_queues,
            remains=self.thread_remains,
            objects=self.objects,
            executions=self.executions,
            limits=self.usage_limits,
            now=self.now,
        )

    @cached_property
    def model_requests(self) -> "ModelRequests":
        from understudy.files.provider_ids import with_provider_ids
        from understudy.runs.model_requests import ModelRequests

        return ModelRequests(
            runs=self.runs,
            run_steps=self.run_steps,
            provider=self.provider,
            pacing=self.pacing,
            preparation=self.file_preparation,
            with_provider_ids=partial(with_provider_ids, self.files, self.vector_stores),
        )

    @cached_property
    def turn_messages(self) -> "TurnMessages":
        from understudy.runs.turn_messages import TurnMessages

        return TurnMessages(self.messages, self.files, self.file_uses, self.now)

    @cached_property
    def tool_executor(self) -> "ToolExecutor":
        from understudy.runs.tool_calls import ToolExecutor

        return ToolExecutor(self.tools, self.tool_calls, lambda: self.side_effects, self.now)

    @cached_property
    def owned_responses(self) -> "OwnedResponses":
        from understudy.adapters.dynamodb.owned_responses import OwnedResponses

        return OwnedResponses(self.table)

    @cached_property
    def run_ender(self) -> "RunEnder":
        from understudy.runs.end import RunEnder

        return RunEnder(
            self.runs,
            self.tool_calls,
            lambda: self.provider,
            lambda: self.stored_responses,
            self.now,
        )

    @cached_property
    def attachments(self) -> "Attachments":
        from understudy.files.attach import Attachments

        return Attachments(self.files, self.vector_stores, self.file_uses, self.threads, self.now)

    @cached_property
    def file_preparation(self) -> "FilePreparation":
        from understudy.files.prepare import FilePreparation

        return FilePreparation(
            threads=self.threads,
            files=self.files,
            file_uses=self.file_uses,
            vector_stores=self.vector_stores,
            provider_vector_stores=self.provider_vector_stores,
            provider_containers=self.provider_containers,
            now=self.now,
        )

    @cached_property
    def file_removal(self) -> "FileRemoval":
        from understudy.files.remove import FileRemoval

        return FileRemoval(
            self.files, self.file_uses, self.drops, self.objects, self.provider_files
        )

    @cached_property
    def user_threads(self) -> "UserThreads":
        from understudy.threads.find import UserThreads

        return UserThreads(self.threads, self.attachments, self.settings, self.now)

    @cached_property
    def drop_reports(self) -> "DropReports":
        from understudy.drops.report import DropReports

        return DropReports(self.files, self.drops, self.messages, self.objects, self.now)

    @cached_property
    def drop_admission(self) -> "DropAdmission":
        from understudy.drops.admit import DropAdmission
        from understudy.runs.limits import limits_of_tenant

        return DropAdmission(
            drops=self.drops,
            threads=self.threads,
            runs=self.runs,
            files=self.files,
            messages=self.messages,
            assistants=self.assistants,
            attachments=self.attachments,
            reports=self.drop_reports,
            limits_of_tenant=partial(
                limits_of_tenant, self.api_keys, self.settings.default_budgets
            ),
            start_run=self.run_starter.start,
            now=self.now,
        )


@cache
def services() -> Services:
    """Returns this process's services."""
    return Services(settings())
