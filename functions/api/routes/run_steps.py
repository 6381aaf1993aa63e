"""`/threads/{thread_id}/runs/{run_id}/steps`"""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from understudy.domain.lists import as_list
from understudy.errors import NotFoundError
from understudy.http.frame import Request, answer

from . import runs

router = Router()


@router.get("/threads/<thread_id>/runs/<run_id>/steps")
def list_run_steps(thread_id: str, run_id: str) -> Response[str]:
    request = Request(router)
    wanted = request.page()
    run = runs.find(request, thread_id, run_id)
    page = request.services.run_steps.page(request.tenant, thread_id, run_id, wanted)
    calls = []
    if any(step.call_ids for step in page.items):
        calls = request.services.tool_calls.of_run(request.tenant, run_id)
    steps = [step.settled(run).as_object(calls) for step in page.items]
    return answer(as_list(steps, has_more=page.has_more))


@router.get("/threads/<thread_id>/runs/<run_id>/steps/<step_id>")
def retrieve_run_step(thread_id: str, run_id: str, step_id: str) -> Response[str]:
    request = Request(router)
    run = runs.find(request, thread_id, run_id)
    step = request.services.run_steps.get(request.tenant, thread_id, run_id, step_id)
    if step is None:
        raise NotFoundError(f"No run step found with id '{step_id}'.")
    calls = request.services.tool_calls.of_run(request.tenant, run_id) if step.call_ids else []
    return answer(step.settled(run).as_object(calls))
