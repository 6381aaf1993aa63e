"""Statistics of measured values."""

from collections.abc import Sequence
from math import ceil
from statistics import median


def percentile(values: Sequence[float], share: float) -> float:
    """Returns the smallest value that at least `share` of all do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, ceil(share * len(ranked)) - 1)]


def paired_ratio(ours: Sequence[float], baseline: Sequence[float]) -> float:
    """Returns the median of the ratios of pairs that were measured one after the other."""
    return median(one / other for one, other in zip(ours, baseline, strict=True))
