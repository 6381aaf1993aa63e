"""The budgets of the figures. `make bench` fails if a figure exceeds its budget."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """A limit. A counted figure is the same on every machine; the others are measured times.

    If the goal cannot be reached, `goal` has it and `why` the reason.
    """

    at_most: float
    unit: str
    counted: bool = False
    goal: float | None = None
    why: str = ""


BUDGETS = {
    # Cold start: CPU time of the slowest function, as a share of the naive handler's.
    "cold start without OpenAI": Budget(0.35, "of naive"),
    "cold start with OpenAI": Budget(0.65, "of naive"),
    # Work of a plain run with webhook.
    "provider calls": Budget(2, "a plain run", counted=True),
    "transitions": Budget(5, "a plain run", counted=True),
    "transitions with a server-side call": Budget(9, "a run with one round", counted=True),
    "write units": Budget(14, "a plain run", counted=True),
    "bytes of state": Budget(2048, "the largest state", counted=True),
    # From the provider's response to the client's poll, with webhook.
    "delay at the median": Budget(0.3, "of the polling loop"),
    "delay at p99": Budget(0.3, "of the polling loop"),
    # Streamed runs beside the provider's own stream.
    "first delta": Budget(0.25, "s later than from the provider"),
    "time of a stream": Budget(1.15, "of the provider's stream"),
    "memory of a stream": Budget(1.1, "after many streams, of the first"),
    # Dollars, with webhook.
    "cost of a run of 20 s": Budget(0.25, "of a two-second poll"),
    "cost of a run of 10 min": Budget(0.05, "of a two-second poll"),
    "cost of a run of 20 s beside before": Budget(0.65, "of bench/before.json"),
    "slowest cold start beside before": Budget(1.1, "of bench/before.json"),
    # Write units at the largest scale, as a share of those at the smallest.
    "write units with the thread's age": Budget(1.05, "1,000 messages of 1", counted=True),
    "write units with the number of threads": Budget(1.05, "of the fewest", counted=True),
    "CPU with the number of threads": Budget(1.3, "of the fewest"),
}
