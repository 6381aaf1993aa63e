"""Dollars from counted work and a dated price list. Nothing here measures."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path

from understudy.domain.delays import next_delay
from understudy.domain.runs import RunStatus, poll_after_ms

PRICES = Path(__file__).with_name("aws_prices.json")
FULL_CPU_MB = 1769
"""Memory at which Lambda gives one whole processor; below it, in proportion.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""


@dataclass(frozen=True)
class Work:
    """What is billed, each field in the unit of the price of the same name."""

    transition: float = 0
    lambda_request: float = 0
    lambda_gb_second: float = 0
    write_unit: float = 0
    read_unit: float = 0
    s3_put: float = 0
    s3_get: float = 0
    api_request: float = 0
    event: float = 0
    log_gb: float = 0
    alarm_metric_month: float = 0
    dashboard_month: float = 0
    secret_month: float = 0
    schedule: float = 0

    def __add__(self, other: "Work") -> "Work":
        mine, theirs = asdict(self), asdict(other)
        return Work(**{name: mine[name] + theirs[name] for name in mine})

    def times(self, factor: float) -> "Work":
        return Work(**{name: value * factor for name, value in asdict(self).items()})

    def minus(self, other: "Work") -> "Work":
        return self + other.times(-1)

    def dollars(self, prices: Mapping[str, float]) -> dict[str, float]:
        """By name of the unit, those that cost something."""
        return {name: value * prices[name] for name, value in asdict(self).items() if value}

    def cost(self, prices: Mapping[str, float]) -> float:
        return sum(self.dollars(prices).values())


def read_prices() -> tuple[str, dict[str, float]]:
    """The list's date and its prices in dollars."""
    listed = json.loads(PRICES.read_text())
    return listed["date"], {name: price["usd"] for name, price in listed["prices"].items()}


def front_door_ratio(work: Work) -> float:
    """Returns what work costs with a REST API, as a multiple of what it costs with an HTTP API."""
    listed = json.loads(PRICES.read_text())
    other = listed["for_comparison"]["http_api_request"]["usd"]
    prices = {name: price["usd"] for name, price in listed["prices"].items()}
    return work.cost(prices) / work.cost({**prices, "api_request": other})


def front_door(requests: Work) -> str:
    """Returns a sentence that compares a client's requests with a REST API and an HTTP API."""
    return (
        f"With a REST API the client's requests cost {front_door_ratio(requests):.1f} times what "
        "they would cost with an HTTP API, which cannot stream."
    )


def gb_seconds(cpu_seconds: float, waiting_seconds: float, memory_mb: int) -> float:
    """Billed gigabyte-seconds: with less memory a sandbox has less CPU and takes longer."""
    slower = max(1.0, FULL_CPU_MB / memory_mb)
    return (cpu_seconds * slower + waiting_seconds) * memory_mb / 1024


def checks_until(seconds: float, delay_after: Callable[[int, float], float]) -> int:
    """How often a run looks until its answer, which is there after so many seconds, is seen.

    `delay_after(checks, age)` is how long it sleeps before the next look.
    """
    age, checks = 0.0, 0
    while age < seconds:
        age += delay_after(checks, age)
        checks += 1
    return checks


def webhook_checks(seconds: float) -> int:
    """The safety looks before the webhook, and the one that it rings for."""

    def delay(checks: int, age: float) -> float:
        return min(
            seconds - age, next_delay(checks, webhooks=True, age=age, remaining=seconds - age)
        )

    return checks_until(seconds, delay)


def polling_checks(seconds: float) -> int:
    """Our own polling, which backs off."""
    return checks_until(
        seconds,
        lambda checks, age: next_delay(checks, webhooks=False, age=age, remaining=seconds),
    )


def fixed_checks(seconds: float, every: float) -> int:
    """A poll that does not back off."""
    return ceil(seconds / every)


def client_polls(seconds: float) -> int:
    """How often a client asks that does as `openai-poll-after-ms` says; it asks at once first."""
    return 1 + checks_until(
        seconds, lambda _, age: poll_after_ms(RunStatus.IN_PROGRESS, age) / 1000
    )
