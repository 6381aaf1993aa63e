"""Builds what a function needs from its settings: the only place that chooses adapters."""

import time
from collections.abc import Callable
from functools import cache, cached_property
from typing import TYPE_CHECKING

from understudy.adapters.aws import client
from understudy.domain.prices import PriceTable
from understudy.file_services import FileServices
from understudy.ports import (
    ApiKeys,
    Assistants,
    Executions,
    Messages,
    Provider,
    Responses,
    Runs,
    RunSteps,
    ServerTools,
    SideEffects,
    Threads,
    Tokens,
    ToolCalls,
)
from understudy.ports.usage import Budgets, Completions, RateLimits, Receivers, RunEvents, Usage
from understudy.settings import Settings, settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

    from understudy.adapters.dynamodb.bodies import Bodies
    from understudy.adapters.dynamodb.messages import DynamoMessages
    from understudy.adapters.dynamodb.table import Table
    from understudy.adapters.dynamodb.threads import DynamoThreads


class Services(FileServices):
    """The ports with their adapters, each made when it is first asked for.

    Tests hand in one with other settings, another clock, or fakes set as attributes.
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
    def assistants(self) -> Assistants:
        from understudy.adapters.dynamodb.assistants import DynamoAssistants

        return DynamoAssistants(self.table, self.bodies)

    @cached_property
    def messages(self) -> Messages:
        return self._messages

    @cached_property
    def _messages(self) -> "DynamoMessages":
        from understudy.adapters.dynamodb.messages import DynamoMessages

        return DynamoMessages(self.table, self.bodies)

    @cached_property
    def threads(self) -> Threads:
        return self._threads

    @cached_property
    def _threads(self) -> "DynamoThreads":
        from understudy.adapters.dynamodb.threads import DynamoThreads

        return DynamoThreads(self.table, self._messages)

    @cached_property
    def runs(self) -> Runs:
        from understudy.adapters.dynamodb.runs import DynamoRuns

        return DynamoRuns(self.table, self.bodies, self._threads, self._messages)

    @cached_property
    def responses(self) -> Responses:
        from understudy.adapters.dynamodb.responses import DynamoResponses

        return DynamoResponses(self.table)

    @cached_property
    def run_steps(self) -> RunSteps:
        from understudy.adapters.dynamodb.run_steps import DynamoRunSteps

        return DynamoRunSteps(self.table, self.bodies)

    @cached_property
    def tool_calls(self) -> ToolCalls:
        from understudy.adapters.dynamodb.tool_calls import DynamoToolCalls

        return DynamoToolCalls(self.table, self.bodies)

    @cached_property
    def api_keys(self) -> ApiKeys:
        from understudy.adapters.dynamodb.api_keys import DynamoApiKeys

        return DynamoApiKeys(self.table)

    @cached_property
    def tokens(self) -> Tokens:
        from understudy.adapters.tokens import IssuedTokens

        chosen = self.settings
        return IssuedTokens(
            chosen.jwt_issuer, chosen.jwt_audience, chosen.jwt_tenant_claim, self.now
        )

    @cached_property
    def executions(self) -> Executions:
        from understudy.adapters.stepfunctions import StepFunctionsExecutions

        return StepFunctionsExecutions(
            lambda: client("stepfunctions"), self.settings.state_machine_arn
        )

    @cached_property
    def provider(self) -> Provider:
        from understudy.adapters.openai.client import provider_client
        from understudy.adapters.openai.responses import OpenAIResponses
        from understudy.adapters.secrets import secret

        chosen = self.settings
        return OpenAIResponses(
            lambda: provider_client(secret(chosen.openai_secret_arn), chosen.openai_base_url)
        )

    @cached_property
    def completions(self) -> Completions:
        from understudy.adapters.openai.chat import OpenAIChat
        from understudy.adapters.openai.client import fallback_client

        return OpenAIChat(lambda: fallback_client(self.settings))

    @cached_property
    def usage(self) -> Usage:
        from understudy.adapters.dynamodb.usage import DynamoUsage

        return DynamoUsage(self.table)

    @cached_property
    def budgets(self) -> Budgets:
        from understudy.adapters.dynamodb.budgets import DynamoBudgets

        return DynamoBudgets(self.table)

    @cached_property
    def rates(self) -> RateLimits:
        from understudy.adapters.dynamodb.budgets import DynamoRates

        return DynamoRates(self.table)

    @cached_property
    def run_events(self) -> RunEvents:
        from understudy.adapters.eventbridge import EventBridgeRunEvents

        return EventBridgeRunEvents(lambda: client("events"), self.settings.event_bus_name)

    @cached_property
    def receivers(self) -> Receivers:
        from understudy.adapters.receivers import HttpReceivers

        return HttpReceivers()

    def receiver_secret(self) -> str:
        """What the signing secrets of applications follow from, at most five minutes old."""
        from understudy.adapters.secrets import secret

        return secret(self.settings.receiver_secret_arn)

    def webhook_secret(self) -> str:
        """What the provider signs its webhooks with, at most five minutes old."""
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
    def side_effects(self) -> SideEffects:
        from understudy.adapters.dynamodb.idempotency import idempotency_records
        from understudy.adapters.dynamodb.side_effects import DynamoSideEffects

        return DynamoSideEffects(idempotency_records(client("dynamodb"), self.settings.table_name))

    @property
    def prices(self) -> PriceTable:
        from understudy.adapters.price_table import price_table

        return price_table()


@cache
def services() -> Services:
    """This process's services."""
    return Services(settings())
