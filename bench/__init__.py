"""Measures what a run costs in time, work and money, beside what people would use instead."""
