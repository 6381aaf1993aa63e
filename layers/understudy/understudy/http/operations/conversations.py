"""The operations on assistants, threads, messages, runs and run steps, which `api` serves."""

from typing import Final

from understudy.domain.assistants import AssistantChange, NewAssistant
from understudy.domain.decisions import DecisionReason
from understudy.domain.lists import PageRequest
from understudy.domain.messages import AddedMessage, MetadataChange
from understudy.domain.new_runs import NewRun, NewThreadAndRun
from understudy.domain.threads import NewThread, ThreadChange, ThreadOfUser
from understudy.domain.tool_outputs import SubmittedOutputs
from understudy.domain.usage_report import UsageRequest
from understudy.http.objects.approvals import ApprovalObject
from understudy.http.objects.assistants import AssistantObject
from understudy.http.objects.budgets import BudgetObject
from understudy.http.objects.lists import DeletedObject, ListOf, PlainList
from understudy.http.objects.models import ModelObject, ToolObject
from understudy.http.objects.run_steps import RunStepObject
from understudy.http.objects.runs import RunObject
from understudy.http.objects.threads import MessageObject, ThreadObject
from understudy.http.objects.timelines import TimelineObject
from understudy.http.objects.usage import UsageReportObject
from understudy.http.operations import Operation, tagged
from understudy.http.queries import (
    ApprovalPage,
    BudgetQuery,
    MessagePage,
    StreamPosition,
    TenantThreadPage,
    ThreadPage,
)

ASSISTANT: Final = "/assistants/{assistant_id}"
THREAD: Final = "/threads/{thread_id}"
THREADS_OF_USER: Final = "/users/{user_id}/threads"
MESSAGES: Final = THREAD + "/messages"
MESSAGE: Final = MESSAGES + "/{message_id}"
RUNS: Final = THREAD + "/runs"
RUN: Final = RUNS + "/{run_id}"
CALL: Final = RUN + "/tool_calls/{call_id}"

# fmt: off
OPERATIONS: Final = (
    *tagged(
        "Assistants",
        Operation("POST", "/assistants", "createAssistant", "Create an assistant",
                  AssistantObject, body=NewAssistant),
        Operation("GET", "/assistants", "listAssistants", "List assistants",
                  ListOf[AssistantObject], query=PageRequest),
        Operation("GET", ASSISTANT, "getAssistant", "Retrieve an assistant", AssistantObject),
        Operation("POST", ASSISTANT, "modifyAssistant", "Modify an assistant",
                  AssistantObject, body=AssistantChange),
        Operation("DELETE", ASSISTANT, "deleteAssistant", "Delete an assistant", DeletedObject),
    ),
    *tagged(
        "Threads",
        Operation("POST", "/threads", "createThread", "Create a thread, with its first messages",
                  ThreadObject, body=NewThread),
        Operation("GET", "/threads", "listThreads", "List and search threads",
                  ListOf[ThreadObject], query=TenantThreadPage, added=True),
        Operation("GET", THREAD, "getThread", "Retrieve a thread", ThreadObject),
        Operation("POST", THREAD, "modifyThread", "Modify a thread",
                  ThreadObject, body=ThreadChange),
        Operation("DELETE", THREAD, "deleteThread", "Delete a thread and everything in it",
                  DeletedObject),
        Operation("PUT", THREADS_OF_USER + "/{purpose}", "getOrCreateThread",
                  "Get or create the thread of a user for a purpose",
                  ThreadObject, body=ThreadOfUser, added=True),
        Operation("GET", THREADS_OF_USER, "listThreadsOfUser", "List the threads of a user",
                  ListOf[ThreadObject], query=ThreadPage, added=True),
    ),
    *tagged(
        "Messages",
        Operation("POST", MESSAGES, "createMessage", "Create a message",
                  MessageObject, body=AddedMessage),
        Operation("GET", MESSAGES, "listMessages", "List messages",
                  ListOf[MessageObject], query=MessagePage),
        Operation("GET", MESSAGE, "getMessage", "Retrieve a message", MessageObject),
        Operation("POST", MESSAGE, "modifyMessage", "Modify a message's metadata",
                  MessageObject, body=MetadataChange),
        Operation("DELETE", MESSAGE, "deleteMessage", "Delete a message", DeletedObject),
    ),
    *tagged(
        "Runs",
        Operation("POST", "/threads/runs", "createThreadAndRun", "Create a thread and run it",
                  RunObject, body=NewThreadAndRun, streams=True),
        Operation("POST", RUNS, "createRun", "Create a run",
                  RunObject, body=NewRun, streams=True),
        Operation("GET", RUNS, "listRuns", "List runs", ListOf[RunObject], query=PageRequest),
        Operation("GET", RUN, "getRun", "Retrieve a run", RunObject),
        Operation("POST", RUN, "modifyRun", "Modify a run's metadata",
                  RunObject, body=MetadataChange),
        Operation("POST", RUN + "/cancel", "cancelRun", "Cancel a run", RunObject),
        Operation("POST", RUN + "/submit_tool_outputs", "submitToolOuputsToRun",
                  "Submit the outputs of all tool calls that the run waits for",
                  RunObject, body=SubmittedOutputs, streams=True),
        Operation("GET", RUN + "/stream", "streamRun",
                  "Stream a run's events from the beginning or after an event",
                  "text/event-stream", query=StreamPosition, added=True),
    ),
    *tagged(
        "Tools",
        Operation("GET", "/tools", "listTools", "List the server-side functions",
                  PlainList[ToolObject], added=True),
        Operation("GET", "/approvals", "listApprovals",
                  "List the tool calls that wait for approval",
                  ListOf[ApprovalObject], query=ApprovalPage, added=True),
        Operation("POST", CALL + "/approve", "approveToolCall",
                  "Approve a tool call, so that it is executed",
                  RunObject, body=DecisionReason, added=True, refusals=("403",)),
        Operation("POST", CALL + "/refuse", "refuseToolCall",
                  "Refuse a tool call, so that the model gets an error",
                  RunObject, body=DecisionReason, added=True, refusals=("403",)),
    ),
    *tagged(
        "Run steps",
        Operation("GET", RUN + "/steps", "listRunSteps", "List the steps of a run",
                  ListOf[RunStepObject], query=PageRequest),
        Operation("GET", RUN + "/steps/{step_id}", "getRunStep", "Retrieve a step of a run",
                  RunStepObject),
        Operation("GET", RUN + "/timeline", "getRunTimeline",
                  "Show what a run did and waited for, and why it ended",
                  TimelineObject, added=True),
    ),
    *tagged(
        "Models",
        Operation("GET", "/models", "listModels", "List models", PlainList[ModelObject]),
        Operation("GET", "/models/{model}", "retrieveModel", "Retrieve a model", ModelObject),
    ),
    *tagged(
        "Usage",
        Operation("GET", "/usage", "getUsage",
                  "Report usage and cost of runs by day, user, thread, model, …",
                  UsageReportObject, query=UsageRequest, added=True),
        Operation("GET", "/budgets", "listBudgets", "List budgets, and what is left of them",
                  PlainList[BudgetObject], query=BudgetQuery, added=True),
    ),
    *tagged(
        "Documents",
        Operation("GET", "/", "getLinks", "A page with links", "text/html",
                  public=True, added=True),
        Operation("GET", "/openapi.json", "getOpenApiDocument", "This document",
                  "application/json", public=True, added=True),
        Operation("GET", "/docs", "getDocumentation", "This document in a browser",
                  "text/html", public=True, added=True),
        Operation("GET", "/console", "getConsole", "The console in a browser",
                  "text/html", public=True, added=True),
        Operation("GET", "/console/{release}/{name}", "getConsoleFile", "A file of the console",
                  "application/octet-stream", public=True, added=True),
    ),
)
# fmt: on
