"""`/threads/{thread_id}/runs/{run_id}/steps`"""

from understudy.domain.lists import PageRequest
from understudy.errors import not_found
from understudy.http.objects.lists import ListOf, list_of
from understudy.http.objects.run_steps import RunStepObject, run_step_object
from understudy.http.request import Request
from understudy.http.routes import Routes

from .runs import find_run

route = Routes()


@route("listRunSteps")
def list_run_steps(request: Request, thread_id: str, run_id: str) -> ListOf[RunStepObject]:
    wanted = request.query(PageRequest)
    run = find_run(request, thread_id, run_id)
    page = request.services.run_steps.page(run, wanted)
    calls = []
    if any(step.call_ids for step in page.items):
        calls = request.services.tool_calls.of_run(request.tenant, run_id)
    steps = [run_step_object(step.settled(run), calls) for step in page.items]
    return list_of(steps, has_more=page.has_more)


@route("getRunStep")
def retrieve_run_step(request: Request, thread_id: str, run_id: str, step_id: str) -> RunStepObject:
    run = find_run(request, thread_id, run_id)
    step = request.services.run_steps.get(request.tenant, thread_id, run_id, step_id)
    if step is None or not step.is_shown(run):
        raise not_found("run step", step_id)
    calls = request.services.tool_calls.of_run(request.tenant, run_id) if step.call_ids else []
    return run_step_object(step.settled(run), calls)
