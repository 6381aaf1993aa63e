"""Makes the adapters that a function needs from its settings; the only place that chooses them.

Every adapter is made, and its module imported, when it is first used: importing all of them would
double a function's cold start.
"""

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from understudy.adapters.aws import client
from understudy.adapters.openai.assembly import ProviderAdapters
from understudy.domain.prices import PriceTable
from understudy.ports import Executions, RunEvents, ServerTools
from understudy.settings import Settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

    from understudy.adapters.dynamodb.api_keys import ApiKeys
    from understudy.adapters.dynamodb.assistants import Assistants
    from understudy.adapters.dynamodb.bodies import Bodies
    from understudy.adapters.dynamodb.budgets import Budgets, RateLimits
    from understudy.adapters.dynamodb.drops import Drops
    from understudy.adapters.dynamodb.file_uses import FileUses
    from understudy.adapters.dynamodb.files import Files
    from understudy.adapters.dynamodb.messages import Messages
    from understudy.adapters.dynamodb.open_runs import OpenRuns
    from understudy.adapters.dynamodb.run_queues import RunQueues
    from understudy.adapters.dynamodb.run_steps import RunSteps
    from understudy.adapters.dynamodb.runs import Runs
    from understudy.adapters.dynamodb.side_effects import SideEffects
    from understudy.adapters.dynamodb.table import Table
    from understudy.adapters.dynamodb.thread_remains import ThreadRemains
    from understudy.adapters.dynamodb.threads import Threads
    from understudy.adapters.dynamodb.tool_calls import ToolCalls
    from understudy.adapters.dynamodb.usage import Usage
    from understudy.adapters.dynamodb.vector_stores import Uploads, VectorStores
    from understudy.adapters.dynamodb.waits import Waits
    from understudy.adapters.receivers import HttpReceivers
    from understudy.adapters.s3 import S3Objects
    from understudy.adapters.tokens import IssuedTokens


class Adapters(ProviderAdapters):
    """The adapters of one deployment. `now` returns Unix seconds.

    Tests pass other settings or another clock, and set attributes to replace adapters with fakes.
    """

    def __init__(self, chosen: Settings, now: Callable[[], float] = time.time) -> None:
        self.settings = chosen
        self.now = now

    @cached_property
    def table(self) -> "Table":
        from understudy.adapters.dynamodb.table import Table

        return Table(client("dynamodb"), self.settings.table_name, self.now)

    @cached_property
    def bodies(self) -> "Bodies":
        from understudy.adapters.dynamodb.bodies import Bodies

        return Bodies(self.objects)

    @cached_property
    def assistants(self) -> "Assistants":
        from understudy.adapters.dynamodb.assistants import Assistants

        return Assistants(self.table, self.bodies)

    @cached_property
    def messages(self) -> "Messages":
        from understudy.adapters.dynamodb.messages import Messages

        return Messages(self.table, self.bodies)

    @cached_property
    def threads(self) -> "Threads":
        from understudy.adapters.dynamodb.threads import Threads

        return Threads(self.table, self.messages)

    @cached_property
    def runs(self) -> "Runs":
        from understudy.adapters.dynamodb.runs import Runs

        return Runs(self.table, self.bodies, self.threads, self.messages)

    @cached_property
    def run_queues(self) -> "RunQueues":
        from understudy.adapters.dynamodb.run_queues import RunQueues

        return RunQueues(self.table, self.runs, self.messages)

    @cached_property
    def open_runs(self) -> "OpenRuns":
        from understudy.adapters.dynamodb.open_runs import OpenRuns

        return OpenRuns(self.table)

    @cached_property
    def waits(self) -> "Waits":
        from understudy.adapters.dynamodb.waits import Waits

        return Waits(self.table)

    @cached_property
    def run_steps(self) -> "RunSteps":
        from understudy.adapters.dynamodb.run_steps import RunSteps

        return RunSteps(self.table, self.bodies)

    @cached_property
    def tool_calls(self) -> "ToolCalls":
        from understudy.adapters.dynamodb.tool_calls import ToolCalls

        return ToolCalls(self.table, self.bodies)

    @cached_property
    def api_keys(self) -> "ApiKeys":
        from understudy.adapters.dynamodb.api_keys import ApiKeys

        return ApiKeys(self.table)

    @cached_property
    def tokens(self) -> "IssuedTokens":
        from understudy.adapters.tokens import IssuedTokens

        known = self.settings
        return IssuedTokens(known.jwt_issuer, known.jwt_audience, known.jwt_tenant_claim, self.now)

    @cached_property
    def executions(self) -> Executions:
        from understudy.adapters.stepfunctions import StepFunctionsExecutions

        arn = self.settings.state_machine_arn
        return StepFunctionsExecutions(lambda: client("stepfunctions"), arn)

    @cached_property
    def usage(self) -> "Usage":
        from understudy.adapters.dynamodb.usage import Usage

        return Usage(self.table)

    @cached_property
    def budgets(self) -> "Budgets":
        from understudy.adapters.dynamodb.budgets import Budgets

        return Budgets(self.table)

    @cached_property
    def rates(self) -> "RateLimits":
        from understudy.adapters.dynamodb.budgets import RateLimits

        return RateLimits(self.table)

    @cached_property
    def run_events(self) -> RunEvents:
        from understudy.adapters.eventbridge import EventBridgeRunEvents

        return EventBridgeRunEvents(lambda: client("events"), self.settings.event_bus_name)

    @cached_property
    def receivers(self) -> "HttpReceivers":
        from understudy.adapters.receivers import HttpReceivers

        return HttpReceivers()

    def receiver_secret(self) -> str:
        """The secret behind applications' signing secrets, at most five minutes old."""
        from understudy.adapters.secrets import secret

        return secret(self.settings.receiver_secret_arn)

    def webhook_secret(self) -> str:
        """The secret with which the provider signs its webhooks, at most five minutes old."""
        from understudy.adapters.secrets import secret

        return secret(self.settings.webhook_secret_arn)

    @cached_property
    def idempotency_records(self) -> "DynamoDBPersistenceLayer":
        from understudy.adapters.dynamodb.idempotency import idempotency_records

        return idempotency_records(client("dynamodb"), self.settings.table_name)

    @cached_property
    def tools(self) -> ServerTools:
        from understudy.adapters.server_tools import registered_tools

        return registered_tools(self.settings)

    @cached_property
    def side_effects(self) -> "SideEffects":
        from understudy.adapters.dynamodb.idempotency import idempotency_records
        from understudy.adapters.dynamodb.side_effects import SideEffects

        return SideEffects(idempotency_records(client("dynamodb"), self.settings.table_name))

    @property
    def prices(self) -> PriceTable:
        from understudy.adapters.price_table import price_table

        return price_table()

    @cached_property
    def objects(self) -> "S3Objects":
        from understudy.adapters.s3 import S3Objects

        return S3Objects(lambda: client("s3"), self.settings.bucket_name)

    @cached_property
    def files(self) -> "Files":
        from understudy.adapters.dynamodb.files import Files

        return Files(self.table)

    @cached_property
    def file_uses(self) -> "FileUses":
        from understudy.adapters.dynamodb.file_uses import FileUses

        return FileUses(self.table)

    @cached_property
    def vector_stores(self) -> "VectorStores":
        from understudy.adapters.dynamodb.vector_stores import VectorStores

        return VectorStores(self.table)

    @cached_property
    def uploads(self) -> "Uploads":
        from understudy.adapters.dynamodb.vector_stores import Uploads

        return Uploads(self.table)

    @cached_property
    def drops(self) -> "Drops":
        from understudy.adapters.dynamodb.drops import Drops

        return Drops(self.table)

    @cached_property
    def thread_remains(self) -> "ThreadRemains":
        from understudy.adapters.dynamodb.thread_remains import ThreadRemains

        return ThreadRemains(self.table, self.runs)
