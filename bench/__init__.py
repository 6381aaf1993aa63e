"""Measures what a run takes in time, work and money, compared with common alternatives."""
