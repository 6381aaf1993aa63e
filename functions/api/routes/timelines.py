"""`/threads/{thread_id}/runs/{run_id}/timeline`"""

from understudy.http.objects.timelines import TimelineObject, timeline_object
from understudy.http.request import Request
from understudy.http.routes import Routes

from .runs import find_run

route = Routes()


@route("getRunTimeline")
def retrieve_timeline(request: Request, thread_id: str, run_id: str) -> TimelineObject:
    run, services = find_run(request, thread_id, run_id), request.services
    steps = services.run_steps.of_run(run.tenant, run.thread_id, run.id)
    return timeline_object(run, steps, services.tool_calls.of_run(run.tenant, run.id))
