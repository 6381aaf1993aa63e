"""Settings of a deployment: environment variables, read once and only when needed."""

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

OPENAI_HOST: Final = "api.openai.com"
OPENAI_URL: Final = f"https://{OPENAI_HOST}/v1"


class DropDefault(BaseModel):
    """The assistant and message for dropped files whose object names none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    assistant_id: str | None = None
    message: str | None = None


class Settings(BaseModel):
    """The variables of all functions. The template gives each function only those that it reads.

    Times are in seconds unless the name has another unit.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    table_name: str = ""
    bucket_name: str = ""
    state_machine_arn: str = ""
    openai_secret_arn: str = ""
    openai_base_url: str | None = None
    webhook_secret_arn: str = ""
    webhooks_enabled: bool = False
    database_secret_arn: str = ""
    database_tables: list[str] = Field(default_factory=list)
    server_tools: list[str] = Field(default_factory=list)
    remote_tools: str = ""
    model_aliases: dict[str, str] = Field(default_factory=dict)
    default_model: str = ""
    unknown_models: Literal["auto", "accept", "reject"] = "accept"
    default_budgets: dict[str, float] = Field(default_factory=dict)
    """Fields of `domain.budgets.Limits`, the limits of tenants without their own."""
    poll_seconds: tuple[int, ...] = Field(default=(1, 1, 2, 3, 5, 8, 13, 21, 30), min_length=1)
    run_deadline: int = Field(default=600, ge=1, le=24 * 3600)
    max_tool_rounds: int = Field(default=20, ge=1, le=50)
    thread_max_age_hours: float = Field(default=24, gt=0)
    thread_ttl_days: float = Field(default=60, gt=0)
    drop_defaults: dict[str, DropDefault] = Field(default_factory=dict)
    event_bus_name: str = "default"
    receiver_secret_arn: str = ""
    receiver_loopback: bool = False
    """Allows application webhooks on 127.0.0.1 without TLS; only local AWS sets it."""
    fallback_enabled: bool = False
    fallback_model: str = ""
    fallback_base_url: str | None = None
    fallback_secret_arn: str = ""
    jwt_issuer: str = ""
    jwt_audience: str = ""
    jwt_tenant_claim: str = "tenant"
    allowed_origins: list[str] = Field(default_factory=list)
    """The origins from which browsers may call the API, or `*`; none by default."""

    @property
    def rejects_unknown_models(self) -> bool:
        """Whether the price table lists all models that runs may use: it has OpenAI's."""
        if self.unknown_models == "auto":
            return urlsplit(self.openai_base_url or OPENAI_URL).hostname == OPENAI_HOST
        return self.unknown_models == "reject"

    @property
    def switched_on_tools(self) -> list[str]:
        """The names of this deployment's server-side tools, including remote tools."""
        remote = json.loads(self.remote_tools or "[]")
        return [*self.server_tools, *(tool["name"] for tool in remote)]

    @field_validator(
        "server_tools", "database_tables", "poll_seconds", "allowed_origins", mode="before"
    )
    @classmethod
    def _comma_separated(cls, value: Any) -> Any:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("model_aliases", "default_budgets", "drop_defaults", mode="before")
    @classmethod
    def _json_object(cls, value: Any) -> Any:
        return json.loads(value) if isinstance(value, str) else value


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Reads settings from variables named like the fields, in capitals; empty ones are unset."""
    names = Settings.model_fields
    given = {name: environment[name.upper()] for name in names if environment.get(name.upper())}
    return Settings.model_validate(given)


@cache
def settings() -> Settings:
    """Returns this process's settings."""
    return read_settings(os.environ)
