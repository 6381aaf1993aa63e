"""State AnswerDirectly: the provider's Responses API is down; uses chat completions instead."""

from understudy.domain.runs import RunStatus
from understudy.runs.progress import Progress, RunRef
from understudy.services import Services
from understudy.tasks import run_task

from .fallback import Fallback


@run_task
def handler(ref: RunRef, services: Services) -> Progress:
    """If the fallback is disabled or fails too, the run fails with the error that came first."""
    run = services.runs.get_open(*ref.ids)
    if run.status is RunStatus.CANCELLING:
        return services.pacing.progress(run)
    if not services.settings.fallback_enabled:
        return ref.progress.model_copy(update={"status": RunStatus.FAILED})
    return fallback(services).run(run, ref.progress)


def fallback(services: Services) -> Fallback:
    """Returns the fallback as the deployment configures it."""
    return Fallback(
        runs=services.runs,
        run_steps=services.run_steps,
        messages=services.messages,
        tool_calls=services.tool_calls,
        executor=services.tool_executor,
        provider=services.provider,
        completions=services.completions,
        prices=services.prices,
        pacing=services.pacing,
        turn_messages=services.turn_messages,
        model=services.settings.fallback_model,
        aliases=services.settings.model_aliases,
    )
