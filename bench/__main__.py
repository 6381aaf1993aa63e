"""Measures, writes docs/benchmarks.md, and says by its exit code whether the budgets are kept."""
